import { Component, type ReactNode } from "react";
import { BrokenPage } from "./PageFailure";

type Props = {
  /** Shown instead of what has failed; the whole-page words when absent. */
  fallback?: ReactNode;
  children: ReactNode;
};

/** Keeps a failure in one part from taking the rest away. */
export class ErrorBoundary extends Component<Props, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    if (!this.state.isBroken) return this.props.children;
    return this.props.fallback ?? <BrokenPage />;
  }
}

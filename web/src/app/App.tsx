import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { queryClient } from "../api/query";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import { Toasts } from "../ui/Toasts";
import { router } from "./router";

/** What every page stands in. The policy allows no style elements made by scripts. */
export function App() {
  return (
    <ErrorBoundary>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <Toasts />
        </QueryClientProvider>
      </CSPProvider>
    </ErrorBoundary>
  );
}

import { Link } from "@tanstack/react-router";

type Props = {
  to: "/login" | "/register";
  /** Where one wanted to go; it goes along. */
  next: string | undefined;
  question: string;
  answer: string;
};

/** Below the form to log in or to sign up, the way to the other one. */
export function OtherForm({ to, next, question, answer }: Props) {
  return (
    <p>
      {question}{" "}
      <Link
        to={to}
        search={next ? { next } : {}}
        className="font-semibold text-accent underline underline-offset-2"
      >
        {answer}
      </Link>
    </p>
  );
}

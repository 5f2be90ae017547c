import { type ReactNode, useId } from 'react';

/** What ties an input to its label, its hint and what is wrong with it. */
export interface FieldProps {
  id: string;
  'aria-invalid'?: true;
  'aria-describedby'?: string;
}

interface Props {
  label: string;
  hint?: ReactNode;
  /** What the service says is wrong with it. */
  faults?: readonly string[];
  children: (props: FieldProps) => ReactNode;
}

/** A labelled input; its faults stand right below it. */
export function Field({ label, hint, faults = [], children }: Props) {
  const id = useId();
  const isWrong = faults.length > 0;
  const described = [isWrong ? `${id}-faults` : null, hint ? `${id}-hint` : null].filter(
    (one) => one !== null,
  );
  return (
    <div className={isWrong ? 'field field-wrong' : 'field'}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(isWrong ? { 'aria-invalid': true as const } : {}),
        ...(described.length > 0 ? { 'aria-describedby': described.join(' ') } : {}),
      })}
      {isWrong ? (
        <p className="field-fault" id={`${id}-faults`}>
          {faults.join('; ')}
        </p>
      ) : null}
      {hint ? (
        <p className="quiet small" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

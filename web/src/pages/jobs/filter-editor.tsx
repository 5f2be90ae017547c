import { useId, useState } from 'react';
import { Dialog } from '../../ui/dialog';
import { type FilterName, FILTERS } from './filters';
import { splitValues } from './view';

interface FilterEditorProps {
  name: FilterName;
  values: readonly string[];
  suggestions: readonly string[];
  /** With no value: without this filter. */
  onApply: (values: readonly string[]) => void;
  onClose: () => void;
}

/** Spans that people ask for. */
const SPANS: readonly [string, string][] = [
  ['-15m', '15 minutes ago'],
  ['-1h', '1 hour ago'],
  ['-24h', '24 hours ago'],
  ['-7d', '7 days ago'],
];

/** Asks for the value of one filter. What is wrong with it is for the service to say: it knows every form of a time. */
export function FilterEditor({ name, values, suggestions, onApply, onClose }: FilterEditorProps) {
  const filter = FILTERS[name];
  return (
    <Dialog title={filter.label} onClose={onClose}>
      {filter.choices ? (
        <Choices choices={filter.choices} chosen={values} hint={filter.hint} onApply={onApply} />
      ) : (
        <Typed name={name} values={values} suggestions={suggestions} onApply={onApply} />
      )}
    </Dialog>
  );
}

interface ChoicesProps {
  choices: readonly string[];
  chosen: readonly string[];
  hint: string;
  onApply: (values: readonly string[]) => void;
}

function Choices({ choices, chosen, hint, onApply }: ChoicesProps) {
  const [ticked, setTicked] = useState(chosen);
  return (
    <form
      className="editor"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(choices.filter((choice) => ticked.includes(choice)));
      }}
    >
      <fieldset className="choices">
        <legend className="quiet">{hint}</legend>
        {choices.map((choice) => (
          <label key={choice}>
            <input
              type="checkbox"
              checked={ticked.includes(choice)}
              onChange={({ target }) =>
                setTicked(target.checked ? [...ticked, choice] : ticked.filter((one) => one !== choice))
              }
            />
            {choice}
          </label>
        ))}
      </fieldset>
      <button type="submit" className="button button-main">
        Apply
      </button>
    </form>
  );
}

function Typed({ name, values, suggestions, onApply }: Omit<FilterEditorProps, 'onClose'>) {
  const { kind, hint } = FILTERS[name];
  const id = useId();
  const isList = kind === 'values';
  const isPairs = kind === 'pairs';
  const [text, setText] = useState(() =>
    isList ? values.map((value) => value.replaceAll(',', '\\,')).join(', ') : values.join('\n'),
  );
  const read = () => {
    if (isList) return splitValues(text);
    const lines = isPairs ? text.split('\n') : [text];
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  };
  return (
    <form
      className="editor"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(read());
      }}
    >
      <label htmlFor={id} className="quiet">
        {isList
          ? `Any of several, with commas: ${hint}`
          : isPairs
            ? `One a line, all of them: ${hint}`
            : hint}
      </label>
      {isPairs ? (
        <textarea id={id} rows={3} autoFocus value={text} onChange={({ target }) => setText(target.value)} />
      ) : (
        <input
          id={id}
          autoFocus
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      )}
      {isList && suggestions.length > 0 ? (
        <div className="suggestions" role="group" aria-label="On this page">
          {suggestions.map((value) => (
            <button
              key={value}
              type="button"
              className="button"
              aria-pressed={splitValues(text).includes(value)}
              onClick={() => setText(toggled(text, value))}
            >
              {value}
            </button>
          ))}
        </div>
      ) : null}
      {kind === 'time' ? (
        <div className="suggestions" role="group" aria-label="Usual spans">
          {SPANS.map(([value, words]) => (
            <button key={value} type="button" className="button" onClick={() => onApply([value])}>
              {words}
            </button>
          ))}
        </div>
      ) : null}
      <button type="submit" className="button button-main">
        Apply
      </button>
    </form>
  );
}

function toggled(text: string, value: string): string {
  const values = splitValues(text);
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
  return next.map((one) => one.replaceAll(',', '\\,')).join(', ');
}

import { useState } from 'react';
import { formatCount } from '../format/quantities';

/** More than this of one text is shown only to whoever asks for it. */
const SHOWN = 300;

/** Text of a platform: of any length and direction, with its own line breaks, and never more than text. */
export function LongText({ text, code = false }: { text: string; code?: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > SHOWN;
  const shown = isLong && !isWhole ? `${text.slice(0, SHOWN)}…` : text;
  return (
    <>
      {code ? (
        <code className="long-text">
          <bdi>{shown}</bdi>
        </code>
      ) : (
        <bdi className="long-text">{shown}</bdi>
      )}
      {isLong ? (
        <button type="button" className="button button-small" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show less' : `Show all ${formatCount(text.length)} characters`}
        </button>
      ) : null}
    </>
  );
}

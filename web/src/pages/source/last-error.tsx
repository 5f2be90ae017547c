import type { Source } from '../../../../client/src/index';
import { plural } from '../../format/quantities';
import { Icon } from '../../ui/icons';
import { LongText } from '../../ui/long-text';
import { Time } from '../../ui/time';
import { ERROR_MEANINGS } from '../sources/health-words';

/** What the last poll that failed said, what that means and what to do. Quiet once polls go well again. */
export function LastError({ source: { lastError, consecutiveFailures, lastSuccessAt } }: { source: Source }) {
  if (lastError === null) return null;
  const meaning = ERROR_MEANINGS[lastError.kind];
  const isOver = consecutiveFailures === 0 && lastSuccessAt !== null && lastSuccessAt > lastError.at;
  return (
    <section className={isOver ? 'notice' : 'notice notice-error'} aria-label="Last error">
      <h2>
        <Icon name={isOver ? 'check' : 'warning'} /> {isOver ? 'The last error is over' : 'What is wrong'}:{' '}
        {lastError.kind}
      </h2>
      <p>{meaning.what}</p>
      {isOver ? null : (
        <p>
          <strong>What to do:</strong> {meaning.todo}
        </p>
      )}
      <p className="quiet">
        <Time at={lastError.at} focusable />
        {consecutiveFailures > 0 ? `, ${plural(consecutiveFailures, 'poll')} in a row` : ''}:{' '}
        <LongText text={lastError.message} code />
      </p>
    </section>
  );
}

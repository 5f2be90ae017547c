import { Snippet } from '../../ui/snippet';
import { EXPECTATIONS_EXAMPLE } from './expectations-example';

/** What an expectation is, and lines to begin with. */
export function HowToExpect({ isOpen }: { isOpen: boolean }) {
  return (
    <section className="panel" aria-labelledby="how">
      <details key={String(isOpen)} className="fold" open={isOpen}>
        <summary>
          <h2 id="how">Say what you expect</h2>
          <span className="quiet">in rollcall.yaml</span>
        </summary>
        <div className="stack">
          <p>
            An expectation says how long jobs may take, wait or stand still, how often they have to run, and
            how many may fail. What breaks one fires here, in the change feed, as a metric, and at webhooks;
            it resolves by itself when it holds again.
          </p>
          <Snippet text={EXPECTATIONS_EXAMPLE} what="expectations to begin with" />
          <p className="quiet">
            The kinds are <code>duration</code>, <code>stuck</code>, <code>start</code>, <code>cadence</code>,{' '}
            <code>queue</code>, <code>success-rate</code> and <code>learned</code>, which finds out by itself
            how often each type runs.
          </p>
        </div>
      </details>
    </section>
  );
}

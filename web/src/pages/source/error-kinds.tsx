import { Fold } from '../../ui/fold';
import { ERROR_KINDS, ERROR_MEANINGS, type ErrorKind, REASON_MEANINGS } from '../sources/health-words';

/** Everything that can be wrong with a source, and what to do: for whoever meets it at night. */
export function ErrorKinds({ present }: { present: ErrorKind | null }) {
  return (
    <Fold name="errors" title="What each error means" hint="and what to do about it">
      {() => (
        <>
          <div className="table-frame" role="region" aria-label="Kinds of errors" tabIndex={0}>
            <table className="table table-wrapped">
              <caption className="visually-hidden">Kinds of errors of a failing source</caption>
              <thead>
                <tr>
                  <th scope="col">Error</th>
                  <th scope="col">What happened</th>
                  <th scope="col">What to do</th>
                </tr>
              </thead>
              <tbody>
                {ERROR_KINDS.map((kind) => (
                  <tr key={kind}>
                    <td data-label="Error">
                      <code>{kind}</code>
                      {kind === present ? <strong> (its last)</strong> : null}
                    </td>
                    <td data-label="What happened">{ERROR_MEANINGS[kind].what}</td>
                    <td data-label="What to do">{ERROR_MEANINGS[kind].todo}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <div className="table-frame" role="region" aria-label="Other reasons" tabIndex={0}>
            <table className="table table-wrapped">
              <caption className="visually-hidden">Reasons of a degraded or paused source</caption>
              <thead>
                <tr>
                  <th scope="col">Reason</th>
                  <th scope="col">What it means</th>
                </tr>
              </thead>
              <tbody>
                {Object.entries(REASON_MEANINGS).map(([reason, meaning]) => (
                  <tr key={reason}>
                    <td data-label="Reason">
                      <code>{reason}</code>
                    </td>
                    <td data-label="What it means">{meaning}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Fold>
  );
}

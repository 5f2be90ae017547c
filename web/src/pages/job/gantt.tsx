import type { ReactNode } from 'react';
import type { JobState } from '../../../../client/src/index';
import { formatExact } from '../../format/times';
import { zone } from '../../preferences';
import { useStore } from '../../store';

export interface Bar {
  /** Epoch milliseconds. */
  from: number;
  to: number;
  words: string;
  state: JobState;
  /** It goes on. */
  isOpen: boolean;
}

export interface Lane {
  label: string;
  bars: Bar[];
}

/** Bars over one common time. For the eye alone: whoever uses it shows the same as a table. */
export function Gantt({ lanes }: { lanes: readonly Lane[] }) {
  const inZone = useStore(zone);
  const bars = lanes.flatMap((lane) => lane.bars);
  const begin = Math.min(...bars.map(({ from }) => from));
  const span = Math.max(...bars.map(({ to }) => to)) - begin;
  if (bars.length === 0 || span <= 0) return null;
  const percent = (ms: number) => `${((100 * ms) / span).toFixed(3)}%`;
  return (
    <div className="gantt" aria-hidden="true">
      {lanes.map(({ label, bars: own }) => (
        <Row key={label} label={label}>
          {own.map(({ from, to, words, state, isOpen }) => (
            <div
              key={`${from} ${to} ${state}`}
              className={`gantt-bar state-${state}${isOpen ? ' is-open' : ''}`}
              style={{
                // a moment at the very end stays inside
                ...(to === from && from === begin + span ? { right: 0 } : { left: percent(from - begin) }),
                width: percent(to - from),
              }}
              title={words}
            >
              {(to - from) / span > 0.06 ? words : ''}
            </div>
          ))}
        </Row>
      ))}
      <div className="gantt-axis">
        <span className="number">{formatExact(begin, inZone)}</span>
        <span className="number">{formatExact(begin + span, inZone)}</span>
      </div>
    </div>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <span className="gantt-label clip">
        <bdi>{label}</bdi>
      </span>
      <div className="gantt-track">{children}</div>
    </>
  );
}

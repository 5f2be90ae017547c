import { useEffect, useRef, useState } from 'react';
import { session } from '../../api/session';
import { formatCount } from '../../format/quantities';
import { useStore } from '../../store';
import { Dialog } from '../../ui/dialog';
import { Icon } from '../../ui/icons';
import { ErrorState } from '../../ui/notices';
import { exportJobs, type Format, FORMATS, MOST_EXPORTED, offerFile } from './export-jobs';
import { questionOf } from './jobs.queries';
import type { View } from './view';

type Progress =
  | { step: 'ready' }
  | { step: 'running'; bytes: number }
  | { step: 'done'; bytes: number; next: string | null }
  | { step: 'failed'; error: unknown };

interface ExportDialogProps {
  view: View;
  /** Where the reader is in the list; the export begins at its beginning all the same. */
  total: number | null;
  onClose: () => void;
}

/** Every job that matches, as a file: streamed by the service, part by part where there are very many. */
export function ExportDialog({ view, total, onClose }: ExportDialogProps) {
  const { token } = useStore(session);
  const [format, setFormat] = useState<Format>('csv');
  const [isWhole, setWhole] = useState(false);
  const [part, setPart] = useState(1);
  const [progress, setProgress] = useState<Progress>({ step: 'ready' });
  const control = useRef<AbortController>(null);
  useEffect(() => () => control.current?.abort(), []);

  const start = async (cursor: string | null, number: number) => {
    control.current = new AbortController();
    const { signal } = control.current;
    setPart(number);
    setProgress({ step: 'running', bytes: 0 });
    try {
      const query = {
        ...questionOf(view),
        ...(isWhole ? {} : { fields: ['id' as const, ...view.columns] }),
        ...(cursor === null ? {} : { cursor }),
      };
      const { file, next } = await exportJobs(format, query, token, signal, (bytes) =>
        setProgress({ step: 'running', bytes }),
      );
      const ending = FORMATS[format].ending;
      offerFile(file, number === 1 && next === null ? `jobs.${ending}` : `jobs-part-${number}.${ending}`);
      setProgress({ step: 'done', bytes: file.size, next });
    } catch (error) {
      if (!signal.aborted) setProgress({ step: 'failed', error });
    }
  };
  const isRunning = progress.step === 'running';

  return (
    <Dialog title="Export" onClose={onClose}>
      <p>
        Every job that matches the filters{total === null ? '' : ` (about ${formatCount(total)})`}, in the
        order shown, from the first. One file has at most {formatCount(MOST_EXPORTED)} jobs; where there are
        more, the next part is offered.
      </p>
      <div className="editor">
        <fieldset disabled={isRunning}>
          <legend>Format</legend>
          {(Object.keys(FORMATS) as Format[]).map((one) => (
            <label key={one}>
              <input type="radio" name="format" checked={format === one} onChange={() => setFormat(one)} />
              {FORMATS[one].name}
            </label>
          ))}
        </fieldset>
        <fieldset disabled={isRunning}>
          <legend>Fields</legend>
          <label>
            <input type="radio" name="fields" checked={!isWhole} onChange={() => setWhole(false)} />
            The columns shown
          </label>
          <label>
            <input type="radio" name="fields" checked={isWhole} onChange={() => setWhole(true)} />
            All
          </label>
        </fieldset>
      </div>
      <p role="status">
        {progress.step === 'running' ? `Part ${part}: ${megabytes(progress.bytes)} so far…` : null}
        {progress.step === 'done'
          ? `Part ${part} is complete: ${megabytes(progress.bytes)}. ${progress.next === null ? 'It was the last.' : 'There are more jobs.'}`
          : null}
      </p>
      {progress.step === 'failed' ? <ErrorState error={progress.error} /> : null}
      <p className="actions">
        {isRunning ? (
          <button
            type="button"
            className="button"
            onClick={() => {
              control.current?.abort();
              setProgress({ step: 'ready' });
            }}
          >
            Stop
          </button>
        ) : (
          <button type="button" className="button button-main" onClick={() => void start(null, 1)}>
            <Icon name="download" /> {progress.step === 'done' ? 'Again' : 'Export'}
          </button>
        )}
        {progress.step === 'done' && progress.next !== null ? (
          <button
            type="button"
            className="button button-main"
            onClick={() => void start(progress.next, part + 1)}
          >
            <Icon name="download" /> Part {part + 1}
          </button>
        ) : null}
      </p>
    </Dialog>
  );
}

function megabytes(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

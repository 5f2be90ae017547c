import { Link } from 'wouter';
import type { Job } from '../../../../client/src/index';
import { CopyButton } from '../../ui/copy';
import { Facts } from '../../ui/facts';
import { JsonView } from '../../ui/json-view';
import { LongText } from '../../ui/long-text';

/** What the job is: who says so is under *Why each field is what it is*. */
export function JobFacts({ job }: { job: Job }) {
  const source = `source=${encodeURIComponent(job.source)}`;
  const labels = Object.entries(job.labels);
  return (
    <section className="panel" aria-labelledby="facts">
      <header>
        <h2 id="facts">What it is</h2>
      </header>
      <Facts
        facts={[
          [
            'Type',
            job.type === null ? (
              <span className="none">the platform gives none</span>
            ) : (
              <Link href={`/jobs?${source}&type=${inQuery(job.type)}`} title="All runs of it">
                <bdi>{job.type.length > 200 ? `${job.type.slice(0, 200)}…` : job.type}</bdi>
              </Link>
            ),
          ],
          job.name === null || job.name === job.type ? null : ['Name', <LongText text={job.name} />],
          [
            'Platform’s word',
            job.rawStatus === null ? (
              <span className="none">none</span>
            ) : (
              <>
                <LongText text={job.rawStatus} code />
                {job.state === 'unknown' ? (
                  <p className="quiet">
                    There is no rule for this word:{' '}
                    <Link href={`/sources/${encodeURIComponent(job.source)}#unmapped`}>the line to add</Link>.
                  </p>
                ) : null}
              </>
            ),
          ],
          ['Source', <SourceLink job={job} />],
          [
            'External id',
            <span className="with-copy">
              <LongText text={job.externalId} code />
              <CopyButton text={job.externalId} what="the external id" />
            </span>,
          ],
          [
            'Rollcall id',
            <span className="with-copy">
              <code>{job.id}</code>
              <CopyButton text={job.id} what="the id" />
            </span>,
          ],
          [
            'Owner',
            job.owner === null ? (
              <span className="none">not given</span>
            ) : (
              <Link href={`/jobs?${source}&owner=${inQuery(job.owner)}`} title="All jobs of this owner">
                <bdi>{job.owner.length > 200 ? `${job.owner.slice(0, 200)}…` : job.owner}</bdi>
              </Link>
            ),
          ],
          [
            'Labels',
            labels.length === 0 ? (
              <span className="none">none</span>
            ) : (
              <span className="chips">
                {labels.map(([key, value]) => (
                  <Link
                    key={key}
                    className="chip chip-text chip-whole"
                    href={`/jobs?label=${encodeURIComponent(`${key}:${value}`)}`}
                  >
                    <bdi>
                      {key}: {value}
                    </bdi>
                  </Link>
                ))}
              </span>
            ),
          ],
        ]}
      />
    </section>
  );
}

/** The platform's own facts; those that it does not give are left out. */
export function JobAttributes({ job }: { job: Job }) {
  const given = Object.entries(job.attributes).filter(([, value]) => value !== null);
  if (given.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="attributes">
      <header>
        <h2 id="attributes">The platform’s own facts</h2>
      </header>
      <Facts
        facts={given.map(([name, value]) => [
          name,
          typeof value === 'object' ? (
            <JsonView key={name} value={value} open={1} />
          ) : (
            <LongText key={name} text={String(value)} />
          ),
        ])}
      />
    </section>
  );
}

function SourceLink({ job }: { job: Job }) {
  return (
    <>
      <Link href={`/sources/${encodeURIComponent(job.source)}`}>{job.source}</Link>{' '}
      <span className="quiet">({job.platform})</span>
    </>
  );
}

/** A value of a list parameter: a comma in it is told from one between two. */
function inQuery(value: string): string {
  return encodeURIComponent(value.replaceAll(',', '\\,'));
}

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Job, Task } from '../../../../client/src/index';
import { firstPage, useClient } from '../../api/client';
import { ticks } from '../../api/clock';
import { formatDuration, plural } from '../../format/quantities';
import { useStore } from '../../store';
import { Answer } from '../../ui/answer';
import { StateBadge } from '../../ui/badges';
import { JsonView } from '../../ui/json-view';
import { EmptyState } from '../../ui/notices';
import { Progress, Time } from '../../ui/time';
import { Gantt, type Lane } from './gantt';
import { jobKey } from './job-words';

/** Tasks that are asked for and drawn at once; a button brings the rest of the first page of the API. */
const FIRST = 50;
const MOST = 500;
const MOST_BARS = 30;

/** The parts of the job, in the platform's order. */
export function JobTasks({ job }: { job: Job }) {
  const client = useClient();
  const [limit, setLimit] = useState(FIRST);
  const answer = useQuery({
    queryKey: [...jobKey(job.id), 'tasks', limit],
    queryFn: ({ signal }) => firstPage(client.tasks(job.id, { limit }, { signal })),
    placeholderData: (before) => before,
  });
  const { data: page } = answer;
  return (
    <section className="panel" aria-labelledby="tasks">
      <header>
        <h2 id="tasks">Tasks</h2>
        {page && page.data.length > 0 ? (
          <span className="quiet">
            {page.page.next === null ? plural(page.data.length, 'task') : `the first ${page.data.length}`}
          </span>
        ) : null}
      </header>
      <Answer
        of={answer}
        what="the tasks"
        lines={2}
        isEmpty={({ data }) => data.length === 0}
        empty={
          <EmptyState title="None known">
            <p className="quiet">
              The platform gives this job no parts, or Rollcall has not read its own page yet: reading it
              again does.
            </p>
          </EmptyState>
        }
      >
        {({ data, page: { next } }) => (
          <>
            <TaskBars tasks={data} />
            <TaskTable tasks={data} />
            {next === null ? null : limit < MOST ? (
              <p className="actions">
                <button type="button" className="button" onClick={() => setLimit(MOST)}>
                  Show up to {MOST}
                </button>
              </p>
            ) : (
              <p className="quiet">There are more: the API has them all.</p>
            )}
          </>
        )}
      </Answer>
    </section>
  );
}

function TaskBars({ tasks }: { tasks: readonly Task[] }) {
  const now = useStore(ticks);
  const lanes = tasks.slice(0, MOST_BARS).flatMap((task, index): Lane[] => {
    if (task.startedAt === null) return [];
    const from = Date.parse(task.startedAt);
    const isOpen = task.finishedAt === null && (task.state === 'running' || task.state === 'stopping');
    const to = task.finishedAt === null ? (isOpen ? now : from) : Date.parse(task.finishedAt);
    const words = to > from ? `${task.state} ${formatDuration(to - from)}` : task.state;
    return [
      {
        label: nameOf(task, index),
        bars: [{ from, to: Math.max(from, to), words, state: task.state, isOpen }],
      },
    ];
  });
  return lanes.length < 2 ? null : <Gantt lanes={lanes} />;
}

function TaskTable({ tasks }: { tasks: readonly Task[] }) {
  return (
    <div className="table-frame" role="region" aria-label="Tasks" tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">Tasks</caption>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col">Started</th>
            <th scope="col">Took</th>
            <th scope="col">Facts</th>
          </tr>
        </thead>
        <tbody>
          {tasks.map((task, index) => (
            <tr key={`${index} ${task.externalId ?? ''}`}>
              <td data-label="Task">
                <span className="clip" title={nameOf(task, index)}>
                  <bdi>{nameOf(task, index)}</bdi>
                </span>
              </td>
              <td data-label="State">
                <StateBadge state={task.state} />
              </td>
              <td data-label="Progress">
                <Progress value={task.progress} label={`Progress of ${nameOf(task, index)}`} />
              </td>
              <td data-label="Started">
                <Time at={task.startedAt} />
              </td>
              <td data-label="Took" className="number">
                {task.startedAt === null || task.finishedAt === null
                  ? '–'
                  : formatDuration(Math.max(0, Date.parse(task.finishedAt) - Date.parse(task.startedAt)))}
              </td>
              <td data-label="Facts">
                {Object.keys(task.attributes).length === 0 ? (
                  <span className="none">–</span>
                ) : (
                  <JsonView value={task.attributes} open={0} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf({ name, externalId }: Task, index: number): string {
  const text = name ?? externalId ?? `Task ${index + 1}`;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

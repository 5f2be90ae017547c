import { Json, JsonObject } from '../../domain/job.js';
import { WebhookNotification, WebhookRenderer } from '../webhook-notification.js';
import { cut, errorOf, headline, linksOf, oneLine, tellingOf, textOf } from './words.js';

/** Of a text object, after escaping (docs.slack.dev, "Text object" and "Section block"; read 2026-11). */
const MAX_TEXT = 3_000;
const MAX_FIELD = 2_000;
/** Of ours: a message is read on a telephone at night. Blocks together stay far below what Slack takes. */
const MAX_HEADLINE = 300;
const MAX_VALUE = 200;
const MAX_ERROR = 1_200;

/**
 * A message of a Slack incoming webhook. What comes from outside is escaped, so that it can name no channel, person or link; and
 * `verbatim`, so that Slack looks for none in it.
 */
export const renderSlack: WebhookRenderer = (notification, endpoint) => {
  const telling = tellingOf(notification);
  const title = escaped(cut(headline(notification, endpoint), MAX_HEADLINE), MAX_TEXT - 100);
  const sign = signOf(notification);
  const blocks: Json[] = [section(`${sign} *${title}*`)];
  if (!telling.test) {
    const { alert, job } = telling;
    const fields = {
      Source: alert.source,
      Type: alert.type,
      Name: textOf(job?.['name']),
      State: stateOf(job),
      Job: textOf(job?.['id']),
      Expectation: alert.rule,
      'Failing since': alert.kind === 'job' ? alert.firedAt : null,
      Since: alert.kind === 'expectation' ? alert.firedAt : null,
    };
    blocks.push({
      type: 'section',
      fields: Object.entries(fields).flatMap(([name, value]) =>
        value === null
          ? []
          : [mrkdwn(`*${name}*\n${escaped(cut(oneLine(value), MAX_VALUE), MAX_FIELD - 50)}`)],
      ),
    });
    const error = alert.action === 'trigger' ? errorOf(job) : null;
    if (error !== null) blocks.push(section(`\`\`\`${code(error)}\`\`\``));
    const links = linksOf(job).map(({ name, href }) => `<${address(href)}|${name}>`);
    if (links.length > 0) blocks.push(section(links.join(' · ')));
  }
  blocks.push({
    type: 'context',
    elements: [mrkdwn(escaped(`Rollcall · ${notification.at} · ${notification.deliveryId}`, MAX_FIELD))],
  });
  return {
    body: JSON.stringify({ text: `${sign} ${title}`, blocks, unfurl_links: false, unfurl_media: false }),
  };
};

function signOf(notification: WebhookNotification): string {
  if (notification.alert === null) return ':large_blue_circle:';
  return notification.alert.action === 'trigger' ? ':red_circle:' : ':large_green_circle:';
}

/** `failed (timed_out)` */
function stateOf(job: JsonObject | null): string | null {
  const [state, reason] = [textOf(job?.['state']), textOf(job?.['reason'])];
  return state === null || reason === null ? state : `${state} (${reason})`;
}

function section(text: string): Json {
  return { type: 'section', text: mrkdwn(text) };
}

function mrkdwn(text: string): Json {
  return { type: 'mrkdwn', text, verbatim: true };
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Slack's three control characters as entities; at most so long after that, and never half an entity. */
function escaped(text: string, most: number): string {
  let whole = '';
  for (const character of text.toWellFormed()) {
    const piece = ENTITIES[character] ?? character;
    if (whole.length + piece.length > most - 1) return `${whole}…`;
    whole += piece;
  }
  return whole;
}

/** Lines as they are; three backticks in a row would end the block. */
function code(text: string): string {
  const lines = text.replaceAll(/[^\P{Cc}\n\t]+/gu, ' ').replaceAll('```', "'''");
  return escaped(cut(lines, MAX_ERROR), MAX_TEXT - 10);
}

function address(href: string): string {
  return href.replaceAll('&', '&amp;').replaceAll('|', '%7C').replaceAll('>', '%3E').replaceAll('<', '%3C');
}

import {
  STORE_CLIENT,
  FIELD_CLIENT,
  CHARTS_TOKEN,
  ETL_KEY,
  VAULT_USER,
} from '../../src/simulators/credentials.js';
import { Answer, Call, Face, textOf } from '../../src/simulators/http/answer.js';
import { RECORD_PATHS, valueAt } from '../../src/simulators/http/spoil.js';
import { endOf, SimulatedPlatform } from '../../src/simulators/life.js';
import { faceOf } from '../../src/simulators/simulators.js';
import { World } from '../../src/simulators/world.js';
import { LISTS } from './lists.js';

/**
 * What readers without care would know of the same world at the same moments. They meet no faults at all: whatever they lose, they
 * lose on platforms that work.
 */
export class NaiveReaders {
  /** Reads every page each time, and takes what is `updated` after the latest that it has seen. */
  private readonly byWatermark = new Map<string, string>();
  /** Reads the newest page of each list each time. */
  private readonly byNewestPage = new Map<string, string>();
  private readonly watermarks = new Map<SimulatedPlatform, number>();
  private readonly faces: ReadonlyMap<SimulatedPlatform, Face>;

  constructor(private readonly world: World) {
    this.faces = new Map(world.platforms.map((platform) => [platform, faceOf(platform, world, false)]));
  }

  read(now: number): void {
    for (const platform of this.world.platforms) {
      const { status, id, updated } = RECORD_PATHS[platform];
      const watermark = this.watermarks.get(platform) ?? -Infinity;
      let latest = watermark;
      for (const { record, newestPage } of this.records(platform, now)) {
        const key = `${platform}/${String(valueAt(record, id))}`;
        const word = String(valueAt(record, status));
        if (newestPage) this.byNewestPage.set(key, word);
        const given = valueAt(record, updated);
        const at = typeof given === 'number' ? given : Date.parse(String(given));
        if (at > watermark) this.byWatermark.set(key, word);
        latest = Math.max(latest, at);
      }
      this.watermarks.set(platform, latest);
    }
  }

  /** How many of the jobs that ended since the world's start each strategy does not know as ended, and how many ended. */
  lost(now: number): { ended: number; watermark: number; newestPage: number } {
    const lost = { ended: 0, watermark: 0, newestPage: 0 };
    for (const platform of this.world.platforms) {
      const population = this.world.population(platform);
      for (const { externalId, rawStatus, terminal } of this.world.truth(now, platform)) {
        const life = population.lookup(externalId);
        if (!terminal || life === undefined || endOf(life) <= this.world.start) continue;
        lost.ended++;
        if (this.byWatermark.get(`${platform}/${externalId}`) !== rawStatus) lost.watermark++;
        if (this.byNewestPage.get(`${platform}/${externalId}`) !== rawStatus) lost.newestPage++;
      }
    }
    return lost;
  }

  private *records(
    platform: SimulatedPlatform,
    now: number,
  ): Generator<{ record: unknown; newestPage: boolean }> {
    const { paths, limit, offset } = LISTS[platform];
    const headers = this.logIn(platform, now);
    for (const path of paths) {
      for (let place = 0; ;) {
        const query = new URLSearchParams(
          limit === null ? {} : { [limit[0]]: String(limit[1]), [offset]: String(place) },
        );
        const body = bodyOf(this.ask(platform, { method: 'GET', path, query, headers, body: '', now }));
        const page = Array.isArray(body)
          ? body
          : ((valueAt(body, 'jobs') ?? valueAt(body, 'data')) as unknown[]);
        for (const record of page) yield { record, newestPage: place === 0 };
        place += page.length;
        if (limit === null || page.length < limit[1]) break;
      }
    }
  }

  private logIn(platform: SimulatedPlatform, now: number): Record<string, string> {
    const post = (path: string, fields: Record<string, string>): unknown =>
      bodyOf(
        this.ask(platform, {
          method: 'POST',
          path,
          query: new URLSearchParams(),
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(fields).toString(),
          now,
        }),
      );
    const oauth = (
      path: string,
      { clientId, clientSecret }: { clientId: string; clientSecret: string },
    ): string =>
      String(
        valueAt(
          post(path, { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
          'access_token',
        ),
      );
    switch (platform) {
      case 'vectorcharts':
      case 'vectorcharts-oem':
        return { authorization: `Bearer ${CHARTS_TOKEN}` };
      case 'elastic-path':
        return { authorization: `Bearer ${oauth('/oauth/access_token', STORE_CLIENT)}` };
      case 'workfloplus':
        return { authorization: `Bearer ${oauth('/connect/token', FIELD_CLIENT)}` };
      case 'integrate-io':
        return {
          authorization: `Basic ${Buffer.from(`${ETL_KEY}:`).toString('base64')}`,
          accept: 'application/vnd.xplenty+json; version=2',
        };
      case 'veeva-vault':
        return { authorization: String(valueAt(post('/api/v25.2/auth', VAULT_USER), 'sessionId')) };
    }
  }

  private ask(platform: SimulatedPlatform, call: Omit<Call, 'seenAt' | 'origin'>): Answer {
    return this.faces.get(platform)!.handle({ ...call, seenAt: call.now, origin: 'http://127.0.0.1' });
  }
}

function bodyOf(answer: Answer): unknown {
  if (answer.status !== 200) throw new Error(`a simulator refused a naive reader: ${answer.status}`);
  return answer.json ?? JSON.parse(textOf(answer)[0]);
}

import { SimulatedPlatform } from '../../src/simulators/life.js';

/** How often each fault struck, by its name and the platform whose reader it struck. */
export class Tally {
  private readonly counts = new Map<string, Map<SimulatedPlatform, number>>();

  count(name: string, platform: SimulatedPlatform, times = 1): void {
    const row = this.counts.get(name) ?? new Map<SimulatedPlatform, number>();
    row.set(platform, (row.get(platform) ?? 0) + times);
    this.counts.set(name, row);
  }

  add(other: Tally): void {
    for (const name of other.names)
      for (const [platform, times] of other.counts.get(name)!) this.count(name, platform, times);
  }

  /** Of what struck at all, in the order of the alphabet. */
  get names(): string[] {
    return [...this.counts.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  /** Of one platform, or of all. */
  of(name: string, platform?: SimulatedPlatform): number {
    const row = this.counts.get(name) ?? new Map<SimulatedPlatform, number>();
    if (platform !== undefined) return row.get(platform) ?? 0;
    return [...row.values()].reduce((sum, times) => sum + times, 0);
  }

  get total(): number {
    return this.names.reduce((sum, name) => sum + this.of(name), 0);
  }
}

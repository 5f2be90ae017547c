/** Mixes numbers into one 32-bit number; the same numbers always give the same one. */
export function mix(...numbers: number[]): number {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash = Math.imul(hash ^ (number >>> 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** A 32-bit number for a text, so that a name can take part in a seed. */
export function mixText(text: string): number {
  return mix(text.length, ...Array.from(text, (letter) => letter.codePointAt(0) ?? 0));
}

/** A small seeded generator (mulberry32): the same seed gives the same world on every machine. */
export class Random {
  constructor(private state: number) {}

  /** 0 ≤ x < 1. */
  unit(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number, both ends included (fractions of them cut off). */
  int(least: number, most: number): number {
    return Math.floor(least) + Math.floor(this.unit() * (Math.floor(most) - Math.floor(least) + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.int(0, choices.length - 1)] ?? choices[0];
  }
}

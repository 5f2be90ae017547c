/** A platform's way to say how far a job is. `fraction` is 0 to 1, `percent` 0 to 100. */
export type ProgressScale = 'fraction' | 'percent';

export interface ProgressReading {
  /** 0 to 1, or null where the platform gives none. */
  value: number | null;
  /** Said in `explain` when the platform's value could not be taken as it was. */
  note: string | null;
}

/**
 * One canonical progress: 45 of 100 and 0.45 of 1 are the same number. A number as text is a number; what leaves the
 * platform's own range is clamped with a note; what cannot be read is null with a note. Never derived from the state.
 */
export function readProgress(value: unknown, scale: ProgressScale): ProgressReading {
  if (value === null || value === undefined || value === '') return { value: null, note: null };
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    return {
      value: null,
      note: `unreadable progress of type ${Array.isArray(value) ? 'array' : typeof value}`,
    };
  }
  const top = scale === 'percent' ? 100 : 1;
  if (number < 0) return { value: 0, note: `clamped: ${number} is below 0` };
  if (number > top) return { value: 1, note: `clamped: ${number} is above ${top}` };
  return { value: number === 0 ? 0 : number / top, note: null };
}

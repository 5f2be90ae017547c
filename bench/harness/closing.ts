/**
 * Does the work, and whatever comes of it, ends everything that it began: the last first, each even if another does not end well.
 *
 * @throws what the work threw, else the first error of an end
 */
export async function closing<Result>(
  work: (later: (end: () => Promise<unknown>) => void) => Promise<Result>,
): Promise<Result> {
  const ends: (() => Promise<unknown>)[] = [];
  const faults: unknown[] = [];
  let result: Result | undefined;
  try {
    result = await work((end) => ends.unshift(end));
  } catch (error) {
    faults.push(error);
  }
  for (const end of ends) await end().catch((error: unknown) => void faults.push(error));
  if (faults.length > 0) throw faults[0];
  return result as Result;
}

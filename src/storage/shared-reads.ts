/**
 * Questions that are asked often and at the same time, with one query for several of them where that makes no answer older: whoever asks
 * while a query is under way is answered by the next one, together with all others who asked meanwhile. So every answer is of a moment
 * after it was asked for, as if each had a query of its own, and a busy process asks once where it would ask a dozen times.
 */
export class SharedReads<T> {
  private readonly running = new Map<string, Promise<T>>();
  private readonly next = new Map<string, Promise<T>>();

  /** @param key of the question; equal ones share */
  ask(key: string, read: () => Promise<T>): Promise<T> {
    const running = this.running.get(key);
    if (running === undefined) return this.begin(key, read);
    let next = this.next.get(key);
    if (next === undefined) {
      const begin = () => {
        this.next.delete(key);
        return this.begin(key, read);
      };
      next = running.then(begin, begin);
      this.next.set(key, next);
    }
    return next;
  }

  private begin(key: string, read: () => Promise<T>): Promise<T> {
    const began = read().finally(() => {
      if (this.running.get(key) === began) this.running.delete(key);
    });
    this.running.set(key, began);
    return began;
  }
}

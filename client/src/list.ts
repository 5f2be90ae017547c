interface AnyPage<Row> {
  data: readonly Row[];
  page: { next: string | null };
}

/** A list that is asked for page by page, while it is read: a page is fetched when the one before it is used up. */
export interface List<Row, Page> extends AsyncIterable<Row> {
  /** The pages themselves, with what they say beside their rows. */
  pages(): AsyncIterableIterator<Page>;
}

/** @param read one page; where the list begins when there is no cursor */
export function listOf<Row, Page extends AnyPage<Row>>(
  read: (cursor: string | undefined) => Promise<Page>,
): List<Row, Page> {
  async function* pages() {
    let cursor: string | undefined;
    do {
      const page = await read(cursor);
      yield page;
      cursor = page.page.next ?? undefined;
    } while (cursor !== undefined);
  }
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const { data } of pages()) yield* data;
    },
  };
}

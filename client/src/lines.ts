/** The values of a stream of NDJSON, as they come. @throws SyntaxError when it was cut off within a line */
export async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
      rest = lines.pop()!;
      for (const line of lines) yield JSON.parse(line) as unknown;
      if (done) break;
    }
    if (rest !== '') yield JSON.parse(rest) as unknown;
  } finally {
    // whoever stops early wants no more of it
    await reader.cancel();
  }
}

/** Why a text of a manifest cannot be read; null when it can. @param parse throws SyntaxError, whose words are for whoever wrote it */
export function syntaxFault(parse: () => unknown): string | null {
  try {
    parse();
    return null;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

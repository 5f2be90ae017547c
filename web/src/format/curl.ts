/**
 * The command that asks for the same. The token is never in it: commands are kept in histories and pasted into chats.
 *
 * @param url complete, percent-encoded
 */
export function curlCommand(url: string, needsToken: boolean): string {
  // encodeURIComponent leaves the apostrophe, which would end the shell's quotes
  const quoted = `'${url.replaceAll("'", '%27')}'`;
  return needsToken ? `curl -H "Authorization: Bearer $ROLLCALL_TOKEN" ${quoted}` : `curl ${quoted}`;
}

import { curlCommand } from './curl';

describe('the command that asks for the same', () => {
  it('names where the token comes from, never the token', () => {
    expect(curlCommand('https://host/api/v1/jobs?state=failed', true)).toBe(
      `curl -H "Authorization: Bearer $ROLLCALL_TOKEN" 'https://host/api/v1/jobs?state=failed'`,
    );
  });

  it('lets no value out of its quotes', () => {
    expect(curlCommand(`http://host/?q=${encodeURIComponent("it's; rm -rf $HOME")}`, false)).toBe(
      "curl 'http://host/?q=it%27s%3B%20rm%20-rf%20%24HOME'",
    );
  });
});

import { RequestTemplate } from './http.request.js';
import { Template, templateFault, TemplateValueError } from './template.js';

test('what is put in is never read for placeholders again', () => {
  expect(new Template('a {{options.x}} b').text({ 'options.x': '{{auth.token}}' })).toBe(
    'a {{auth.token}} b',
  );
});

test('a value that stands alone keeps its type; one without a value is none', () => {
  expect(new Template('{{limit}}').value({ limit: 5 })).toBe(5);
  expect(new Template('n={{limit}}').value({ limit: 5 })).toBe('n=5');
  expect(new Template('{{cursor}}').value({})).toBeNull();
});

test('an upstream cursor inside a longer text has to be harmless', () => {
  const template = new Template("WHERE id > '{{cursor}}'");
  expect(template.text({ cursor: 'inv_1:2' })).toBe("WHERE id > 'inv_1:2'");
  expect(() => template.text({ cursor: "x'--" })).toThrow(TemplateValueError);
  expect(new Template('{{cursor}}').text({ cursor: "x'--" })).toBe("x'--");
});

test.each(['plain', '{{limit}}', '{{ options.name }}', 'query { jobs { id } }', 'a }} b'])(
  '%s is a template',
  (text) => {
    expect(templateFault(text)).toBeNull();
  },
);

test.each(['{{}}', '{{limit', '{{limit}', '{{a.b.c}}', '{{options.}}', '{{LIMIT}}', '${X}'])(
  '%s is none',
  (text) => {
    expect(templateFault(text)).not.toBeNull();
  },
);

test('a request leaves out what has no value: parameters, keys of a body, headers', () => {
  const request = new RequestTemplate({
    method: 'POST',
    path: '/jobs/{{options.project}}',
    query: { after: '{{cursor}}', fixed: true },
    headers: { 'X-After': '{{cursor}}', 'X-Limit': '{{limit}}' },
    json: { params: { after: '{{cursor}}', limit: '{{limit}}', none: null }, list: ['{{offset}}'] },
  });
  expect(request.build({ limit: 10, offset: 20, 'options.project': 'a/b' })).toEqual({
    method: 'POST',
    url: '/jobs/a%2Fb',
    query: { fixed: true },
    headers: { 'X-Limit': '10' },
    json: { params: { limit: 10, none: null }, list: [20] },
  });
});

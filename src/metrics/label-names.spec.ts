import { metricLabels } from './label-names.js';

it.each([
  [{}, {}],
  [{ team: 'navigation' }, { label_team: 'navigation' }],
  [{ 'app.kubernetes-io': 'x' }, { label_app_kubernetes_io: 'x' }],
  [
    { __name: 'x', __proto__x: 'y' },
    { label___name: 'x', label___proto__x: 'y' },
  ],
  // a plain name keeps its own, the others are numbered in their order, and a number that is taken is passed over
  [
    { 'a.b': '1', 'a-b': '2', a_b: '3' },
    { label_a_b: '3', label_a_b_2: '2', label_a_b_3: '1' },
  ],
  [
    { 'a.b': '1', 'a-b': '2', a_b_2: '3' },
    { label_a_b: '2', label_a_b_2: '3', label_a_b_3: '1' },
  ],
])('%j become %j', (labels, expected) => {
  expect(metricLabels(labels)).toEqual(expected);
});

it('does not depend on the order in which labels were written', () => {
  expect(metricLabels({ 'a.b': '1', 'a-b': '2' })).toEqual(metricLabels({ 'a-b': '2', 'a.b': '1' }));
});

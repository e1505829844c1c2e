import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutManagedFields } from './managed-fields.ts';

const entry = { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:a"b\\': { 'k:{"x":"]"}': {} } } };

describe('withoutManagedFields', () => {
  it.each([
    ['last in metadata', { metadata: { name: 'a', managedFields: [entry] } }, { metadata: { name: 'a' } }],
    ['first in metadata', { metadata: { managedFields: [entry, entry], name: 'a' } }, { metadata: { name: 'a' } }],
    ['alone', { metadata: { managedFields: [entry] }, x: 1 }, { metadata: {}, x: 1 }],
    ['a field of another shape', { spec: { managedFields: ['x'] } }, { spec: { managedFields: ['x'] } }],
    ['an empty list', { metadata: { managedFields: [] } }, { metadata: { managedFields: [] } }],
    [
      'text of that name',
      { a: JSON.stringify({ managedFields: [entry] }) },
      { a: JSON.stringify({ managedFields: [entry] }) },
    ],
  ])('%s', (_, before, after) => {
    expect(JSON.parse(withoutManagedFields(JSON.stringify(before)))).toEqual(after);
  });

  it.each([
    [
      'as the API server writes its own',
      { manager: 'kubectl', operation: 'Update', apiVersion: 'batch/v1beta1', time: 't' },
    ],
    ['without a time', { manager: 'a"b\\', operation: 'Apply', apiVersion: 'batch/v1' }],
  ])('keeps who wrote it where that is of use: %s', (_, head) => {
    const written = { ...head, fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { 'k:{"apiVersion":"x"}': {} } } };
    const json = JSON.stringify({ metadata: { name: 'a', managedFields: [written, written], z: 1 } });
    const expected = { metadata: { name: 'a', managedFields: [head, head], z: 1 } };
    expect(JSON.parse(withoutManagedFields(json, 'told'))).toEqual(expected);
  });

  it('leaves those of custom resources, whose keys are sorted, to the caller', () => {
    const written = { apiVersion: 'a/v1', fieldsType: 'FieldsV1', fieldsV1: {}, manager: 'm', operation: 'Update' };
    const json = JSON.stringify({ metadata: { managedFields: [written] } });
    expect(withoutManagedFields(json, 'told')).toBe(json);
  });

  it('leaves broken JSON to be found broken', () => {
    const broken = JSON.stringify({ metadata: { managedFields: [entry] } }).slice(0, -8);
    expect(withoutManagedFields(broken)).toBe(broken);
  });

  it('drops the field and nothing else, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.json(), fc.boolean(), fc.string()), { maxLength: 5 }), (parts) => {
        const items = parts.map(([json, last, name]) => {
          const rest = { name, value: JSON.parse(json) as unknown };
          const managedFields = [{ ...entry, time: name }];
          return { metadata: last ? { ...rest, managedFields } : { managedFields, ...rest } };
        });
        const expected = parts.map(([json, , name]) => ({ metadata: { name, value: JSON.parse(json) as unknown } }));
        expect(JSON.parse(withoutManagedFields(JSON.stringify({ items })))).toEqual({ items: expected });
      }),
      { numRuns: 200 },
    );
  });
});

import { expect, it } from 'vitest';
import { fieldPage } from './field-page.ts';

it('the documentation of the fields is up to date', async () => {
  await expect(fieldPage()).toMatchFileSnapshot('../../docs/detection-fields.md');
});

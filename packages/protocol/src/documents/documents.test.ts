import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type AnySchemaObject } from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import { asyncApiDocument } from './asyncapi';
import { openApiDocument } from './openapi';

const folder = join(__dirname, '../../../../docs/api');
const lenient = { strict: false, validateFormats: false, logger: false } as const;

const documents = [
  ['openapi.json', openApiDocument],
  ['asyncapi.json', asyncApiDocument],
] as const;

function readJson(file: string): AnySchemaObject {
  return JSON.parse(readFileSync(file, 'utf8')) as AnySchemaObject;
}

test.each(documents)(
  '%s matches the schemas (otherwise: yarn workspace @chasqui/protocol docs)',
  (file, document) => {
    expect(readJson(join(folder, file))).toEqual(document());
  },
);

test('openapi.json is OpenAPI 3.1', () => {
  const schema = readJson(
    require.resolve('@seriousme/openapi-schema-validator/schemas/v3.1/schema.json'),
  );
  const validate = new Ajv2020(lenient).compile(schema);
  expect([validate(openApiDocument()), validate.errors]).toEqual([true, null]);
});

test('asyncapi.json is AsyncAPI 3.0', () => {
  const schema = readJson(require.resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json'));
  const validate = new Ajv(lenient).compile(schema);
  expect([validate(asyncApiDocument()), validate.errors]).toEqual([true, null]);
});

test.each(documents)('every reference in %s resolves', (_, document) => {
  const whole = document();
  for (const [, reference = ''] of JSON.stringify(whole).matchAll(/"\$ref":"([^"]+)"/g)) {
    const steps = reference.replace(/^#\//, '').split('/');
    const target = steps.reduce<unknown>(
      (value, step) => (value as Record<string, unknown> | undefined)?.[step.replaceAll('~1', '/')],
      whole,
    );
    expect([reference, typeof target]).toEqual([reference, 'object']);
  }
});

test('the documented schemas accept what is on the wire', () => {
  const { components } = openApiDocument() as { components: { schemas: AnySchemaObject } };
  const ajv = new Ajv2020(lenient);
  ajv.addSchema({ $id: 'openapi', components });
  const validate = ajv.compile({ $ref: 'openapi#/components/schemas/Error' });
  expect(validate({ name: 'NotFoundError', message: 'not found', later: true })).toBe(true);
  expect(validate({ name: 'TeapotError', message: 'no' })).toBe(false);
});

// Writes docs/api/*.json from the compiled schemas: `yarn workspace @chasqui/protocol docs`.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import asyncapi from '../dist/documents/asyncapi.js';
import openapi from '../dist/documents/openapi.js';

const folder = new URL('../../../docs/api/', import.meta.url);
await mkdir(folder, { recursive: true });
await write('openapi.json', openapi.openApiDocument());
await write('asyncapi.json', asyncapi.asyncApiDocument());

async function write(name, document) {
  const file = fileURLToPath(new URL(name, folder));
  const options = await resolveConfig(file);
  await writeFile(file, await format(JSON.stringify(document), { ...options, filepath: file }));
}

import { isIP } from 'node:net';
import * as z from 'zod';
import { parseRedisAddress, REDIS_ADDRESS_FORMAT } from './redisAddress';

/** Kinds of settings, parsed from text. `describe` completes the sentence "it must be …". */

export const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .refine((number) => number >= minimum && number <= maximum)
    .describe(`a whole number from ${minimum} to ${maximum}`);

export const onOrOff = z
  .enum(['on', 'off'])
  .transform((value) => value === 'on')
  .describe('on or off');

/** Comma-separated. Spaces around an item and empty items are ignored. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

export const url = (protocols: string[]) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol))
    .describe(`a URL that begins with ${protocols[0]}//`);

export const redisAddress = z.string().refine(isRedisAddress).describe(REDIS_ADDRESS_FORMAT);

export const hostName = z
  .string()
  .regex(/^[\w.:%-]+$/)
  .describe('a host name or an address');

export const hostNames = list
  .refine((items) => items.every((item) => /^\.?[\w-]+(?:\.[\w-]+)*$/.test(item)))
  .describe('host names like chat.example.org or .example.org, separated by commas');

export const origins = list
  .refine((items) => items.every(isOrigin))
  .describe('origins like https://chat.example.org, separated by commas');

export const networks = list
  .refine((items) => items.every(isNetwork))
  .describe('addresses or CIDR ranges of proxies, separated by commas');

function isRedisAddress(text: string): boolean {
  try {
    parseRedisAddress(text);
    return true;
  } catch {
    return false;
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

import * as z from 'zod';

// zod compiles its schemas where it may. Our content security policy forbids that, and even trying is reported as an
// attack; so it is told before the first schema is made.
z.config({ jitless: true });

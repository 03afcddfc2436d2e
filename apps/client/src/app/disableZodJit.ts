import * as z from 'zod';

// zod compiles schemas with `new Function` where it can. Our content security policy forbids that, and each attempt is
// reported as a violation. This must run before the first schema is created.
z.config({ jitless: true });

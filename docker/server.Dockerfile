# The server with the web client: docker build -f docker/server.Dockerfile .
# This image also runs the migrations: node packages/db/dist/migrate.js

FROM node:22.23.3-bookworm-slim AS build
WORKDIR /chasqui
ENV YARN="npx --yes @yarnpkg/cli-dist@4.18.1"
COPY . .
RUN $YARN install --immutable \
  && node_modules/.bin/tsc -b packages/db apps/server \
  && node scripts/buildClient.mjs \
  && $YARN workspaces focus @pern/server --production \
  && find apps packages -type d -name src -prune -exec rm -rf {} +

FROM node:22.23.3-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=5000
WORKDIR /chasqui
COPY --from=build /chasqui/package.json ./
COPY --from=build /chasqui/node_modules ./node_modules
COPY --from=build /chasqui/packages ./packages
COPY --from=build /chasqui/apps/server ./apps/server
COPY --from=build /chasqui/apps/client/dist ./apps/client/dist
USER node
EXPOSE 5000
# Also ready without Redis, which the server can do without for a while.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "apps/server/dist/main.js"]

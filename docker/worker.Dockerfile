# The worker: docker build -f docker/worker.Dockerfile .

FROM node:22.23.3-bookworm-slim AS build
WORKDIR /chasqui
ENV YARN="npx --yes @yarnpkg/cli-dist@4.18.1"
COPY . .
RUN $YARN install --immutable \
  && node_modules/.bin/tsc -b apps/worker \
  && $YARN workspaces focus @pern/worker --production \
  && find apps packages -type d -name src -prune -exec rm -rf {} +

FROM node:22.23.3-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 WORKER_METRICS_PORT=5001
WORKDIR /chasqui
COPY --from=build /chasqui/package.json ./
COPY --from=build /chasqui/node_modules ./node_modules
COPY --from=build /chasqui/packages ./packages
COPY --from=build /chasqui/apps/worker ./apps/worker
USER node
EXPOSE 5001
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKER_METRICS_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "apps/worker/dist/main.js"]

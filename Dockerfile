# Debian, not Alpine: the embedded PostgreSQL of the demo needs glibc.
FROM node:20-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY migrations migrations
COPY src src
COPY client/src client/src
COPY web web
RUN npm run build

FROM node:20-slim
ENV NODE_ENV=production \
    ROLLCALL_HOST=0.0.0.0 \
    ROLLCALL_PORT=8080 \
    ROLLCALL_DATA_DIR=/var/lib/rollcall
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY package.json LICENSE /app/
COPY bin /app/bin
COPY scripts/build.mjs scripts/start.mjs /app/scripts/
RUN ln -s /app/bin/rollcall.mjs /usr/local/bin/rollcall \
    && install -d -o node -g node /etc/rollcall /var/lib/rollcall
USER node
VOLUME /var/lib/rollcall
# As everywhere, Rollcall looks for ./rollcall.yaml: here /etc/rollcall/rollcall.yaml. Without one it shows the demo.
WORKDIR /etc/rollcall
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ROLLCALL_PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "/app/scripts/start.mjs"]

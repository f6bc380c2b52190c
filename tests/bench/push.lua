-- A wrk script that pushes browser batches in peardeck's array form.
--
-- Every batch holds three samples (two counters, one histogram observation)
-- in exactly 265 bytes; 60 of them rotate over the 120 counter and 10
-- histogram series of series.py's `pushed` allowlist. `wrk ... -- spread N`
-- pushes to N of the generated series instead (two labels, 309 bytes), and
-- `wrk ... -- groups N` three lines of text to N groups in turn, and
-- `wrk ... -- sessions N M` messages of the stored sessions M to N, or with
-- N = 0 of new ones, and `wrk ... -- bodies DIRECTORY N TYPE` the N files in
-- that directory, named by their numbers, with nine samples each.
--
-- Acknowledged pushes are wrk's own count of replies minus those with an error
-- status: a response() hook would count the same, but take much of the two cores
-- that the load generator shares with the servers.

local THREE_LINES = "# HELP bench_jobs_total Jobs that were done.\n"
    .. "# TYPE bench_jobs_total counter\nbench_jobs_total 1\n"
local threads = {}
local ready = {}
local at = 0

local function counter(name, labels)
    return '{"metricName":"' .. name .. '","metricType":"counter","labels":{'
        .. labels .. '},"inc":1}'
end

local function histogram(name, labels, seconds)
    return '{"metricName":"' .. name .. '","metricType":"histogram","labels":{'
        .. labels .. '},"observations":[' .. seconds .. ']}'
end

local SECONDS = { "0.04", "0.07", "0.15", "0.30", "0.80", "1.50", "3.00",
                  "7.00", "15.0", "30.0", "70.0" }

local function pushed_batch(i)
    local function page(n)
        return string.format('"page":"p%03d"', n)
    end
    return "[" .. counter("uses_total", page(2 * i % 120)) .. ","
        .. counter("uses_total", page((2 * i + 1) % 120)) .. ","
        .. histogram("load_seconds", '"n":"' .. i % 10 .. '"',
                     SECONDS[i % 11 + 1]) .. "]"
end

-- The n-th generated series of a kind, as series.py numbers them.
local function generated(family, n)
    return string.format(family, math.floor(n / 1000)),
        string.format('"page":"p%02d","kind":"k%d"',
                      math.floor(n / 10) % 100, n % 10)
end

local function spread_batch(half)
    local function any(family)
        return generated(family, math.random(0, half - 1))
    end
    local first, first_labels = any("hits_%02d_total")
    local second, second_labels = any("hits_%02d_total")
    local third, third_labels = any("wait_%02d_seconds")

    return "[" .. counter(first, first_labels) .. ","
        .. counter(second, second_labels) .. ","
        .. histogram(third, third_labels, SECONDS[math.random(1, 11)]) .. "]"
end

function setup(thread)
    table.insert(threads, thread)
    thread:set("number", #threads)
end

function init(args)
    local json = { ["Content-Type"] = "application/json" }

    math.randomseed(number)
    samples = 3
    if args[1] == "groups" then
        for i = 1, tonumber(args[2]) do
            ready[i] = wrk.format("POST",
                wrk.path .. string.format("/instance/i%03d", i),
                { ["Content-Type"] = "text/plain" }, THREE_LINES)
        end
        bytes, samples = #THREE_LINES, 1
    elseif args[1] == "sessions" then
        sessions = tonumber(args[2])
        oldest = tonumber(args[3] or 1)
        bytes, samples, ready[1] = 0, 1, ""
    elseif args[1] == "bodies" then
        for i = 1, tonumber(args[3]) do
            local file = assert(io.open(args[2] .. "/" .. i, "rb"))
            local body = file:read("*a")
            file:close()
            bytes, samples = #body, 9
            ready[i] = wrk.format("POST", nil, { ["Content-Type"] = args[4] }, body)
        end
    elseif args[1] == "spread" then
        for i = 1, 20000 do
            local body = spread_batch(math.floor(tonumber(args[2]) / 2))
            bytes = #body
            ready[i] = wrk.format("POST", nil, json, body)
        end
    else
        for i = 0, 59 do
            local body = pushed_batch(i)
            bytes = #body
            assert(bytes == 265, "a batch has " .. bytes .. " bytes")
            ready[i + 1] = wrk.format("POST", nil, json, body)
        end
    end

    -- Threads start at different places, so they do not move in step.
    at = number * 23 % #ready
end

-- A heartbeat of a random stored session, or the start of a new one, at a random
-- time of the last hours: a second message of the same second changes nothing.
local function session_message()
    at = at + 1
    local uuid = sessions > 0 and string.format("s%07d", math.random(oldest, sessions))
        or string.format("n%d-%d-%d", number, os.time(), at)
    return wrk.format("POST", nil, { ["Content-Type"] = "text/plain" },
        '{"uuid":"' .. uuid .. '","type":"'
        .. (sessions > 0 and "heartbeat" or "start")
        .. '","hasFocus":true,"options":{"heartbeatInterval":60},'
        .. '"dashboard":{"name":"D","uid":"d"},"time":'
        .. os.time() - math.random(0, 80000) .. '}')
end

function request()
    if sessions then
        return session_message()
    end
    at = at % #ready + 1
    return ready[at]
end

-- One line for bench.py; latencies are in microseconds, like wrk's.
function done(summary, latency, requests)
    local failed = summary.errors
    local acknowledged = summary.requests - failed.status
    local bytes = threads[1]:get("bytes")

    print(string.format(
        'RESULT {"acknowledged":%d,"samples":%d,"seconds":%.6f,"p50":%d,'
            .. '"p99":%d,"max":%d,"status":%d,"connect":%d,"read":%d,'
            .. '"write":%d,"timeout":%d,"bytes":%d}',
        acknowledged, acknowledged * threads[1]:get("samples"),
        summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        latency.max, failed.status, failed.connect, failed.read, failed.write,
        failed.timeout, bytes))
end

using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Training.Runs;

/// <summary>A run's metrics.jsonl: one JSON object per line, <c>{"kind": …, "images": …, name: value …}</c>.</summary>
internal sealed class MetricsFile : IDisposable
{
    private const string Change = "change";
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string path;
    private readonly FileStream stream;

    /// <summary>
    /// Opens the file, creates it when needed, and cuts off what a lost session measured after its last checkpoint; the changes that it
    /// began with stay.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Bytes to keep.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public MetricsFile(string path, long length)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        this.path = path;
        FileStream? opened = null;
        StorageErrors.Guard("write", path, () =>
        {
            // Without a buffer: what a full disk refused must not be tried again when the file is closed.
            opened = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
            opened.Seek(Math.Min(length, opened.Length), SeekOrigin.Begin);
            var changes = Changes(opened);
            opened.SetLength(Math.Min(length, opened.Length));
            opened.Seek(0, SeekOrigin.End);
            opened.Write(changes);
        });
        stream = opened!;
    }

    /// <summary>Writes one line.</summary>
    /// <param name="kind">What was measured: <c>train</c>, <c>validation</c>.</param>
    /// <param name="images">Images seen.</param>
    /// <param name="values">The measurements; one that is not finite is written as null.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public void Write(string kind, long images, params ReadOnlySpan<(string Name, double Value)> values)
    {
        var line = new JsonObject { ["kind"] = kind, ["images"] = images };
        foreach (var (name, value) in values)
        {
            line[name] = double.IsFinite(value) ? value : null;
        }

        Write(line);
    }

    /// <summary>Writes which settings a session changed: <c>{"kind": "change", "images": …, "changes": ["field: before → after", …]}</c>.</summary>
    /// <param name="images">Images seen before.</param>
    /// <param name="changes">The changes, as <see cref="RunConfig.Differences"/> lists them.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public void WriteChanges(long images, IReadOnlyList<string> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        Write(new JsonObject { ["kind"] = Change, ["images"] = images, ["changes"] = new JsonArray([.. changes.Select(c => (JsonNode)c)]) });
    }

    /// <summary>Flushes to the disk.</summary>
    /// <returns>Bytes written so far.</returns>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public long Flush()
    {
        StorageErrors.Guard("write", path, () => stream.Flush(flushToDisk: true));
        return stream.Position;
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private void Write(JsonObject line)
    {
        var bytes = Encoding.UTF8.GetBytes(line.ToJsonString(Readable) + "\n");
        StorageErrors.Guard("write", path, () => stream.Write(bytes));
    }

    // The whole lines of changes from here on.
    private static byte[] Changes(FileStream file)
    {
        var rest = new byte[file.Length - file.Position];
        file.ReadExactly(rest);
        var lines = Encoding.UTF8.GetString(rest).Split('\n')[..^1];
        var kept = lines.Where(l => l.StartsWith($"{{\"kind\":\"{Change}\",", StringComparison.Ordinal));
        return Encoding.UTF8.GetBytes(string.Concat(kept.Select(l => l + "\n")));
    }
}

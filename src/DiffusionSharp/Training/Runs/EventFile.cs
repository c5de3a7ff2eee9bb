using System.Buffers.Binary;
using System.Text;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Training.Runs;

/// <summary>
/// A file of scalars as TensorBoard reads it: records (length, its checksum, data, its checksum) that each hold an <c>Event</c> of
/// tensorflow/core/util/event.proto. Every session of a run begins one of its own.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private const string Version = "brain.Event:2";

    // Fields of Event, of Summary and of Summary.Value.
    private const int WallTime = 1, Step = 2, FileVersion = 3, Summary = 5;
    private const int Value = 1;
    private const int Tag = 1, SimpleValue = 2;

    private readonly string path;
    private readonly TimeProvider clock;
    private readonly FileStream stream;

    /// <summary>Begins a file.</summary>
    /// <param name="folder">Its folder, which is created when needed.</param>
    /// <param name="clock">Says when each record is written.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public EventFile(string folder, TimeProvider clock)
    {
        this.clock = clock;
        var begun = clock.GetUtcNow();
        FileStream? opened = null;
        StorageErrors.Guard("write", folder, () =>
        {
            // TensorBoard reads the files of a folder by the order of their names.
            Directory.CreateDirectory(folder);
            var name = FormattableString.Invariant($"events.out.tfevents.{begun.ToUnixTimeSeconds():D10}.{begun.Millisecond:D3}");
            var free = Enumerable.Range(0, int.MaxValue).Select(n => Path.Combine(folder, FormattableString.Invariant($"{name}.{n}"))).First(f => !Path.Exists(f));
            opened = new FileStream(free, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        });
        (stream, path) = (opened!, opened!.Name);
        try
        {
            var first = Begin();
            first.Text(FileVersion, Version);
            Append(Record(first));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Writes one record for each number, under <c>kind/name</c>.</summary>
    /// <param name="kind">What was measured.</param>
    /// <param name="step">TensorBoard's axis: images seen.</param>
    /// <param name="values">The measurements.</param>
    /// <exception cref="DiffusionException">The storage refused.</exception>
    public void Write(string kind, long step, params ReadOnlySpan<(string Name, double Value)> values)
    {
        var records = new List<byte>();
        foreach (var (name, value) in values)
        {
            var (scalar, summary, e) = (new Message(), new Message(), Begin());
            scalar.Text(Tag, $"{kind}/{name}");
            scalar.Float(SimpleValue, (float)value);
            summary.Bytes(Value, scalar.Written);
            e.Varint(Step, (ulong)step);
            e.Bytes(Summary, summary.Written);
            records.AddRange(Record(e));
        }

        Append([.. records]);
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private Message Begin()
    {
        var e = new Message();
        e.Double(WallTime, (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
        return e;
    }

    private void Append(byte[] records) => StorageErrors.Guard("write", path, () => stream.Write(records));

    private static byte[] Record(Message message)
    {
        var data = message.Written;
        var record = new byte[sizeof(ulong) + sizeof(uint) + data.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), Crc32C.Masked(record.AsSpan(0, sizeof(ulong))));
        data.CopyTo(record.AsSpan(sizeof(ulong) + sizeof(uint)));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(^sizeof(uint)), Crc32C.Masked(data));
        return record;
    }

    /// <summary>A protobuf message as it is put together.</summary>
    private sealed class Message
    {
        private const int Plain = 0, Bits64 = 1, Counted = 2, Bits32 = 5;
        private readonly List<byte> bytes = [];

        public ReadOnlySpan<byte> Written => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes);

        public void Varint(int field, ulong value)
        {
            Number((ulong)((field << 3) | Plain));
            Number(value);
        }

        public void Double(int field, double value)
        {
            Span<byte> bits = stackalloc byte[sizeof(double)];
            BinaryPrimitives.WriteDoubleLittleEndian(bits, value);
            Number((ulong)((field << 3) | Bits64));
            bytes.AddRange(bits);
        }

        public void Float(int field, float value)
        {
            Span<byte> bits = stackalloc byte[sizeof(float)];
            BinaryPrimitives.WriteSingleLittleEndian(bits, value);
            Number((ulong)((field << 3) | Bits32));
            bytes.AddRange(bits);
        }

        public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        public void Bytes(int field, ReadOnlySpan<byte> value)
        {
            Number((ulong)((field << 3) | Counted));
            Number((ulong)value.Length);
            bytes.AddRange(value);
        }

        private void Number(ulong value)
        {
            for (; value >= 0x80; value >>= 7)
            {
                bytes.Add((byte)(value | 0x80));
            }

            bytes.Add((byte)value);
        }
    }
}

using System.Buffers.Binary;
using System.Text;
using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Tests.Training.Runs;

/// <summary>TensorBoard's files, read back field by field.</summary>
public class EventFileTests
{
    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000.5);
    }

    [Fact]
    public void Every_number_is_a_scalar_at_its_step()
    {
        using var folder = new TemporaryFolder();
        using (var file = new EventFile(folder["tensorboard"], new Clock()))
        {
            file.Write("train", 300, ("loss", 0.25), ("gradNorm", double.NaN));
            file.Write("validation", long.MaxValue, ("band0", -1e-3));
        }

        var path = Assert.Single(Directory.GetFiles(folder["tensorboard"]));
        Assert.Equal("events.out.tfevents.1700000000.500.0", Path.GetFileName(path));
        var events = Records(File.ReadAllBytes(path)).Select(Event).ToList();
        Assert.All(events, e => Assert.Equal(1_700_000_000.5, e.Time));
        Assert.Equal(("brain.Event:2", 0, null, 0f), (events[0].Version, events[0].Step, events[0].Tag, events[0].Value));
        Assert.Equal(
            [(300, "train/loss", 0.25f), (300, "train/gradNorm", float.NaN), (long.MaxValue, "validation/band0", -1e-3f)],
            events.Skip(1).Select(e => (e.Step, e.Tag!, e.Value)));
    }

    [Fact]
    public void A_first_record_is_the_bytes_that_other_writers_make()
    {
        using var folder = new TemporaryFolder();
        new EventFile(folder.Path, new Clock()).Dispose();

        // Length 24 and its checksum, as every such file begins; wall_time, "brain.Event:2" and their checksum, made with Python.
        Assert.Equal(
            "1800000000000000A37F4B22" + "0900002040FC54D9411A0D627261696E2E4576656E743A32" + "2B353110",
            Convert.ToHexString(File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder.Path)))));
    }

    [Fact]
    public void Each_session_has_a_file_of_its_own_after_the_last()
    {
        using var folder = new TemporaryFolder();
        new EventFile(folder.Path, new Clock()).Dispose();
        new EventFile(folder.Path, new Clock()).Dispose();
        Assert.Equal(["events.out.tfevents.1700000000.500.0", "events.out.tfevents.1700000000.500.1"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_storage_that_refuses_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        var e = Assert.Throws<DiffusionException>(() => new EventFile(folder["file"], TimeProvider.System));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains(folder["file"], e.Message);
    }

    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(Masked(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            var data = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            yield return data;
            at += 16 + length;
        }
    }

    // Bit by bit, by the polynomial.
    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }

    private static (double Time, long Step, string? Version, string? Tag, float Value) Event(byte[] data)
    {
        var (time, step, version, tag, value) = (0.0, 0L, (string?)null, (string?)null, 0f);
        foreach (var (field, bytes) in Fields(data))
        {
            switch (field)
            {
                case 1:
                    time = BinaryPrimitives.ReadDoubleLittleEndian(bytes);
                    break;
                case 2:
                    step = (long)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
                    break;
                case 3:
                    version = Encoding.UTF8.GetString(bytes);
                    break;
                case 5:
                    var scalar = Fields(Assert.Single(Fields(bytes), f => f.Field == 1).Bytes).ToDictionary(f => f.Field, f => f.Bytes);
                    (tag, value) = (Encoding.UTF8.GetString(scalar[1]), BinaryPrimitives.ReadSingleLittleEndian(scalar[2]));
                    break;
                default:
                    Assert.Fail($"field {field}");
                    break;
            }
        }

        return (time, step, version, tag, value);
    }

    private static List<(int Field, byte[] Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int Field, byte[] Bytes)>();
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(ref at);
            var bytes = (key & 7) switch
            {
                0 => BitConverter.GetBytes(Varint(ref at)),
                1 => Take(8, ref at),
                2 => Take((int)Varint(ref at), ref at),
                5 => Take(4, ref at),
                _ => throw new FormatException($"wire type {key & 7}"),
            };
            fields.Add(((int)(key >> 3), bytes));
        }

        return fields;

        byte[] Take(int count, ref int at) => message[at..(at += count)];

        ulong Varint(ref int at)
        {
            var (value, shift) = (0UL, 0);
            do
            {
                value |= (message[at] & 0x7FUL) << shift;
                shift += 7;
            }
            while (message[at++] >= 0x80);
            return value;
        }
    }
}

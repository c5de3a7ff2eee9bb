using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CsCheck;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Tests.Files.Kit;
using DiffusionSharp.Tests.Files.Storage;

namespace DiffusionSharp.Tests.Files.Numpy;

public class NpzTests
{
    [Fact]
    public void Written_arrays_come_back_by_name()
    {
        using var folder = new TemporaryFolder();
        Gen.Select(Gen.Int[0, 4].Array[0, 4], Gen.Int[1, 4], Gen.Int[0, 4]).Sample(
            (shape, arrays, type) =>
            {
                var written = Enumerable.Range(0, arrays).Select(k => KeyValuePair.Create($"a/{k}", Make(shape, type, k))).ToArray();
                NpzFile.Write(folder["a.npz"], written);
                using var file = NpzFile.Open(folder["a.npz"]);
                Assert.Equal(written.Select(w => w.Key), file.Names);
                foreach (var (name, array) in written)
                {
                    Same(array, file.Read(name));
                    Assert.Equal((array.Dtype, string.Join(',', array.Shape)), (file.Describe(name).Dtype, string.Join(',', file.Describe(name).Shape)));
                    if (shape.Length > 0)
                    {
                        Assert.Equal(array.Bytes.ToArray(), file.ReadRows(name).SelectMany(r => r.Bytes.ToArray()));
                    }
                }
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public void Both_orders_come_back_from_an_npy_file()
    {
        using var folder = new TemporaryFolder();
        Gen.Select(Gen.Int[0, 4].Array[0, 4], Gen.Int[0, 4], Gen.Bool).Sample(
            (shape, type, fortran) =>
            {
                var array = Make(shape, type, 3);
                NpyFile.Write(folder["a.npy"], array, fortran);
                Same(array, NpyFile.Read(folder["a.npy"]));
            },
            iter: 100,
            threads: 1);
    }

    [Fact]
    public void Fortran_order_is_written_first_index_fastest()
    {
        using var folder = new TemporaryFolder();
        NpyFile.Write(folder["a.npy"], NpyArray.Create<byte>([2, 3], [1, 2, 3, 4, 5, 6]), fortranOrder: true);
        var bytes = File.ReadAllBytes(folder["a.npy"]);
        Assert.Contains("'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)", Encoding.ASCII.GetString(bytes), StringComparison.Ordinal);
        Assert.Equal([1, 4, 2, 5, 3, 6], bytes[^6..]);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Stored_and_deflated_members_are_read_in_both_orders(CompressionLevel level)
    {
        using var folder = new TemporaryFolder();
        var c = NpyTests.Bytes("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2)}", [1, 0, 2, 0, 3, 0, 0xFF, 0xFF], 1);
        var fortran = NpyTests.Bytes("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", [0, 3, 1, 4, 2, 5], 2);
        File.WriteAllBytes(folder["a.npz"], Zip(level, ("c.npy", c), ("f.npy", fortran), ("readme.txt", [1])));
        using var file = NpzFile.Open(folder["a.npz"]);
        Assert.Equal(["c", "f"], file.Names);
        Assert.Equal([1.0, 2, 3, -1], file.Read("c").To<double>());
        Assert.Equal([0.0, 1, 2, 3, 4, 5], file.Read("f").To<double>());
        Assert.Equal([3.0, 4, 5], file.ReadRows("f").Last().To<double>());
        Assert.Equal([[1.0, 2], [3, -1]], file.ReadRows("c").Select(r => r.To<double>()));
    }

    [Fact]
    public void A_member_of_zip64_is_read()
    {
        // numpy.savez always writes the 64-bit sizes into the local header's extra field (force_zip64).
        using var folder = new TemporaryFolder();
        var data = NpyTests.Bytes("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", [7, 8, 9], 1);
        File.WriteAllBytes(folder["a.npz"], Zip64("arr_0.npy", data));
        using var file = NpzFile.Open(folder["a.npz"]);
        Assert.Equal([7, 8, 9], file.Read("arr_0").To<byte>());
    }

    [Fact]
    public void One_array_is_taken_without_a_name_and_several_with_one()
    {
        using var folder = new TemporaryFolder();
        var tensor = new HostTensor([2], [1f, 2f]);
        ArrayFile.Write(folder["one.npz"], tensor);
        ArrayFile.Write(folder["one.npy"], tensor);
        Assert.Equal(tensor.Data, ArrayFile.Read(folder["one.npz"]).To<float>());
        Assert.Equal(tensor.Data, ArrayFile.Read(folder["one.npz"] + ":arr_0").To<float>());
        Assert.Equal(tensor.Data, ArrayFile.Read(folder["one.npy"]).To<float>());
        NpzFile.Write(folder["two.npz"], KeyValuePair.Create("x", NpyArray.Create<int>([1], [5])), KeyValuePair.Create("y", NpyArray.Create<long>([], [6])));
        Assert.Equal(6, Assert.Single(ArrayFile.Read(folder["two.npz"] + ":y").To<int>()));
        Refused(() => ArrayFile.Read(folder["two.npz"]), folder["two.npz"], "several arrays (x, y)");
        Refused(() => ArrayFile.Read(folder["two.npz"] + ":z"), folder["two.npz"], "no array 'z' (it has x, y)");
        Refused(() => ArrayFile.Read(folder["none.npz"]), folder["none.npz"], "no such file");
    }

    [Fact]
    public void Dishonest_archives_are_refused()
    {
        using var folder = new TemporaryFolder();
        var good = NpyTests.Bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (64,)}", new byte[256], 1);
        var path = folder["x.npz"];

        Try("it holds the array 'a' twice", Zip(CompressionLevel.NoCompression, ("a.npy", good), ("a.npy", good)));
        Try("needs 1024 bytes, found 256", Zip(CompressionLevel.Optimal, ("a.npy", NpyTests.Bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (256,)}", new byte[256], 1))));
        Try("NUMPY", Zip(CompressionLevel.Optimal, ("a.npy", "not an array"u8.ToArray())));
        Try("", Zip(CompressionLevel.Optimal, ("a.npy", good))[..^30]);
        Try("", "PK\u0003\u0004 and then nothing"u8.ToArray());

        var stored = Zip(CompressionLevel.NoCompression, ("a.npy", good));
        var damaged = (byte[])stored.Clone();
        damaged[stored.AsSpan().IndexOf("NUMPY"u8) + good.Length - 20] ^= 1;
        Try("checksum", damaged);

        // The directory promises 3 GB in a deflated member of some bytes.
        var bomb = Zip(CompressionLevel.Optimal, ("a.npy", good));
        BinaryPrimitives.WriteUInt32LittleEndian(bomb.AsSpan(bomb.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + 24), 3_000_000_000);
        Try("no honest archive", bomb);

        // Two names for the same bytes: more is promised than the file is long.
        var twice = Overlapping(stored);
        Try("no honest archive", twice);

        void Try(string reason, byte[] bytes)
        {
            File.WriteAllBytes(path, bytes);
            Refused(() => ArrayFile.Read(path), path, reason);
        }
    }

    [Fact]
    public void A_small_file_that_promises_much_costs_little()
    {
        // 1000 zeros deflate to about 15 bytes; the header promises 200 MB and the directory agrees, as far as deflate could.
        using var folder = new TemporaryFolder();
        var promise = NpyTests.Bytes("{'descr': '|u1', 'fortran_order': False, 'shape': (200000000,)}", new byte[400_000], 1);
        var random = new byte[300_000];
        new Random(1).NextBytes(random);
        random.CopyTo(promise.AsSpan(promise.Length - random.Length));
        var zip = Zip(CompressionLevel.Optimal, ("a.npy", promise));
        var directory = zip.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(directory + 24), (uint)(200_000_000 + promise.Length - 400_000));
        File.WriteAllBytes(folder["a.npz"], zip);
        Refused(() => ArrayFile.Read(folder["a.npz"]), folder["a.npz"], "");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(() => ArrayFile.Read(folder["a.npz"]), folder["a.npz"], "");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, zip.Length + (9 << 20));
    }

    [Fact]
    public void Damaged_archives_never_raise_anything_else()
    {
        using var folder = new TemporaryFolder(inMemory: true);
        var npy = NpyTests.Bytes("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", [.. Enumerable.Range(0, 24).Select(i => (byte)i)], 1);
        var random = new Random(11);
        var (refused, read) = (0, 0);
        foreach (var level in new[] { CompressionLevel.NoCompression, CompressionLevel.Optimal })
        {
            var valid = Zip(level, ("x.npy", npy), ("y.npy", npy));
            for (var i = 0; i < 4_000 + valid.Length; i++)
            {
                File.WriteAllBytes(folder["f"], i < valid.Length ? valid[..i] : Mutations.Apply(valid, random));
                try
                {
                    using var file = NpzFile.Open(folder["f"]);
                    foreach (var name in file.Names)
                    {
                        var array = file.Read(name);
                        Assert.Equal(array.Shape.Aggregate(1L, (a, b) => a * b), array.To<float>().Length);
                        Assert.Equal(array.Bytes.ToArray(), file.ReadRows(name).SelectMany(r => r.Bytes.ToArray()));
                    }

                    read++;
                }
                catch (DiffusionException e) when (e.Kind == ErrorKind.Data && e.Message.Contains(folder["f"], StringComparison.Ordinal))
                {
                    refused++;
                }
            }
        }

        Assert.True(refused > 2_000 && read > 200, $"{refused} refused, {read} read");
    }

    private static NpyArray Make(int[] shape, int type, int seed)
    {
        var count = shape.Aggregate(1, (a, b) => a * b);
        var values = Enumerable.Range(0, count).Select(i => (i * 7) + seed).ToArray();
        return type switch
        {
            0 => NpyArray.Create<byte>(shape, [.. values.Select(v => (byte)v)]),
            1 => NpyArray.Create<int>(shape, values),
            2 => NpyArray.Create<long>(shape, [.. values.Select(v => 1L << (v % 60))]),
            3 => NpyArray.Create<float>(shape, [.. values.Select(v => v / 3f)]),
            _ => NpyArray.Create<double>(shape, [.. values.Select(v => v / 3.0)]),
        };
    }

    private static void Same(NpyArray expected, NpyArray found)
    {
        Assert.Equal(expected.Dtype, found.Dtype);
        Assert.Equal(expected.Shape, found.Shape);
        Assert.Equal(expected.Bytes.ToArray(), found.Bytes.ToArray());
    }

    internal static byte[] Zip(CompressionLevel level, params (string Name, byte[] Data)[] members)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, data) in members)
            {
                using var member = zip.CreateEntry(name, level).Open();
                member.Write(data);
            }
        }

        return stream.ToArray();
    }

    /// <summary>A stored member with all sizes in zip64 extra fields (APPNOTE 4.5.3), in the local header and in the directory.</summary>
    private static byte[] Zip64(string name, byte[] data)
    {
        var crc = DiffusionSharp.Files.Storage.Crc32.Compute(data);
        byte[] sizes = [.. BitConverter.GetBytes((long)data.Length), .. BitConverter.GetBytes((long)data.Length)];
        byte[] extra = [1, 0, 16, 0, .. sizes];
        byte[] common = [45, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, .. BitConverter.GetBytes(crc), 255, 255, 255, 255, 255, 255, 255, 255, (byte)name.Length, 0, (byte)extra.Length, 0];
        byte[] local = [.. "PK\u0003\u0004"u8, .. common, .. Encoding.ASCII.GetBytes(name), .. extra, .. data];
        byte[] central = [.. "PK\u0001\u0002"u8, 45, 0, .. common, .. new byte[14], .. Encoding.ASCII.GetBytes(name), .. extra];
        return [.. local, .. central, .. "PK\u0005\u0006"u8, 0, 0, 0, 0, 1, 0, 1, 0, .. BitConverter.GetBytes(central.Length), .. BitConverter.GetBytes(local.Length), 0, 0];
    }

    /// <summary>Repeats the directory's entry under other names.</summary>
    private static byte[] Overlapping(byte[] zip)
    {
        var directory = zip.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        var end = zip.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        var entry = zip[directory..end];
        var tail = zip[end..];
        var other = (byte[])entry.Clone();
        other[46] = (byte)'b';
        BinaryPrimitives.WriteUInt16LittleEndian(tail.AsSpan(8), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(tail.AsSpan(10), 2);
        BinaryPrimitives.WriteInt32LittleEndian(tail.AsSpan(12), 2 * entry.Length);
        return [.. zip[..directory], .. entry, .. other, .. tail];
    }

    private static void Refused(Action action, string path, string reason)
    {
        var e = Assert.Throws<DiffusionException>(action);
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }
}

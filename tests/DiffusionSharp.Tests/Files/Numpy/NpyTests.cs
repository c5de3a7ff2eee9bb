using System.Text;
using CsCheck;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Tests.Files.Kit;
using DiffusionSharp.Tests.Files.Storage;

namespace DiffusionSharp.Tests.Files.Numpy;

public class NpyTests
{
    [Fact]
    public void Written_arrays_come_back()
    {
        using var folder = new TemporaryFolder();
        Gen.Int[0, 5].Array[0, 4].Sample(
            shape =>
            {
                var values = Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(i => (i * 0.1) - 3).ToArray();
                NpyFile.Write(folder["d.npy"], shape, values);
                var (shape64, back) = NpyFile.ReadFloat64(folder["d.npy"]);
                Assert.Equal(shape, shape64);
                Assert.Equal(values, back);
                var tensor = new HostTensor(shape, [.. values.Select(v => (float)v)]);
                NpyFile.Write(folder["f.npy"], tensor);
                Assert.Equal(tensor.Data, NpyFile.ReadFloat32(folder["f.npy"]).Data);
                Assert.Equal(shape, NpyFile.ReadFloat32(folder["f.npy"]).Shape);
            },
            iter: 20,
            threads: 1);
    }

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        // What numpy.save gives for an array of shape (1,) (the padding of newer versions aside).
        using var folder = new TemporaryFolder();
        NpyFile.Write(folder["a.npy"], new HostTensor([1], [1f]));
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".PadRight(117) + "\n";
        byte[] expected = [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(text), 0, 0, 0x80, 0x3F];
        Assert.Equal(expected, File.ReadAllBytes(folder["a.npy"]));
    }

    [Theory]
    [InlineData("<f4", new byte[] { 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0 }, 1, -2)]
    [InlineData("<f8", new byte[] { 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0 }, 1, -2)]
    [InlineData("<f2", new byte[] { 0, 0x3C, 0, 0xC0 }, 1, -2)]
    [InlineData("|i1", new byte[] { 1, 0xFE }, 1, -2)]
    [InlineData("<i2", new byte[] { 1, 0, 0xFE, 0xFF }, 1, -2)]
    [InlineData("|b1", new byte[] { 1, 0 }, 1, 0)]
    [InlineData("<i4", new byte[] { 1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF }, 1, -2)]
    [InlineData("<i8", new byte[] { 1, 0, 0, 0, 0, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, 1, -2)]
    [InlineData("|u1", new byte[] { 1, 254 }, 1, 254)]
    public void Every_type_and_version_is_read(string descr, byte[] data, double first, double second)
    {
        using var folder = new TemporaryFolder();
        foreach (var version in new[] { 1, 2, 3 })
        {
            File.WriteAllBytes(folder["a"], Bytes($"{{'descr': '{descr}', 'fortran_order': False, 'shape': (2,), }}", data, version));
            Assert.Equal([first, second], NpyFile.ReadFloat64(folder["a"]).Values);
            Assert.Equal([(float)first, (float)second], NpyFile.ReadFloat32(folder["a"]).Data);
        }
    }

    [Fact]
    public void Fortran_order_is_turned_into_C_order()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a"], Bytes("{'shape': (2, 3), 'fortran_order': True, 'descr': '|u1'}", [0, 3, 1, 4, 2, 5], 1));
        Assert.Equal([0, 1, 2, 3, 4, 5], NpyFile.ReadFloat64(folder["a"]).Values);

        // Three axes: element [i, j, k] holds 100i + 10j + k and lies at i + 2j + 6k.
        var data = new byte[2 * 3 * 2];
        for (var i = 0; i < 12; i++)
        {
            data[i] = (byte)((100 * (i % 2)) + (10 * (i / 2 % 3)) + (i / 6));
        }

        File.WriteAllBytes(folder["b"], Bytes("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2)}", data, 2));
        Assert.Equal([0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121], NpyFile.ReadFloat64(folder["b"]).Values);
    }

    [Theory]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", 4, "'>f4'")]
    [InlineData("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", 8, "'<c8'")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 4, "'|O'")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4, "structured")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 4, "needs 8 bytes, found 4")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 8, "needs 4 bytes, found 8")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647, 2147483647, 2147483647)}", 8, "needs")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", 4, "tuple")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967297,)}", 4, "tuple")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': [1]}", 4, "'('")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", 4, "neither True nor False")]
    [InlineData("{'descr': '<f4', 'shape': (1,)}", 4, "fortran_order")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 4, "repeated")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", 4, "unknown")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", 4, "other than")]
    [InlineData("{'descr': '<f4", 4, "unfinished")]
    [InlineData("", 4, "'{'")]
    public void A_bad_header_is_refused(string header, int bytes, string reason) => Refused(Bytes(header, new byte[bytes], 1), reason);

    [Fact]
    public void A_bad_beginning_is_refused()
    {
        Refused([], "NUMPY");
        Refused("PK\u0003\u0004 this is an npz"u8.ToArray(), "NUMPY");
        Refused([0x93, .. "NUMPY"u8, 4, 0, 0, 0], "version 4.0");
        Refused([0x93, .. "NUMPY"u8, 1, 0, 9, 0, 1], "inside its header");
        Refused([0x93, .. "NUMPY"u8, 2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1], "4294967295");
        var e = Assert.Throws<DiffusionException>(() => NpyFile.ReadFloat32("/nowhere/x.npy"));
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.Contains("/nowhere/x.npy", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_never_raise_anything_else()
    {
        using var folder = new TemporaryFolder(inMemory: true);
        var valid = Bytes("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }", new byte[24], 1);
        for (var length = 0; length < valid.Length; length++)
        {
            Refused(valid[..length], "");
        }

        var random = new Random(7);
        var (refused, read) = (0, 0);
        for (var i = 0; i < 4_000; i++)
        {
            File.WriteAllBytes(folder["f"], Mutations.Apply(valid, random));
            try
            {
                var array = NpyFile.ReadFloat32(folder["f"]);
                Assert.Equal(array.Shape.Aggregate(1L, (a, b) => a * b), array.Data.Length);
                read++;
            }
            catch (DiffusionException e) when (e.Kind == ErrorKind.Data && e.Message.Contains(folder["f"], StringComparison.Ordinal))
            {
                refused++;
            }
        }

        Assert.True(refused > 1_000 && read > 100, $"{refused} refused, {read} read");
    }

    [Fact]
    public void A_count_that_does_not_fit_the_shape_is_a_programming_error() =>
        Assert.Throws<ArgumentException>(() => NpyFile.Write("never.npy", [2, 2], [1.0]));

    internal static byte[] Bytes(string header, byte[] data, int version)
    {
        var text = Encoding.UTF8.GetBytes(header + "\n");
        byte[] length = version == 1
            ? [(byte)text.Length, (byte)(text.Length >> 8)]
            : [(byte)text.Length, (byte)(text.Length >> 8), 0, 0];
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. text, .. data];
    }

    private static void Refused(byte[] bytes, string reason)
    {
        using var folder = new TemporaryFolder(inMemory: true);
        File.WriteAllBytes(folder["f"], bytes);
        var e = Assert.Throws<DiffusionException>(() => NpyFile.ReadFloat64(folder["f"]));
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.Contains(folder["f"], e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }
}

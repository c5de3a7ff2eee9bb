using System.Buffers.Binary;
using System.IO.Compression;
using DiffusionSharp.Imaging.Data;

namespace DiffusionSharp.Imaging.Tests.Data;

public class LmdbImagesTests
{
    // Written by mdb_load of LMDB 0.9.24, then packed with gzip: keys 000 to 059 with 4×4 PNGs of the colours (10·(i mod 3), 20, 30), 030big with a
    // 60×60 BMP of (1, 2, 3), zzbig with a 40×64 one of (200, 100, 50); two leaves below a branch, five overflow pages.
    private const string Packed = """
        H4sIAAAAAAACA+2dz0sUYRjH39mZ/f0zkRAJsR+IdYh3ZmfWFSLKjPSghXno0GEzyYySCgmR6FCnbkn9DZ0iOnToEGIRIhEREh06RHQWunarnWWc3YrMYB5C+Xz4vPuui7z7fgcZnh2ZZ5VaJ9V4/LT0ddFQrZTC
        KaX+zvcAtUnWf99QAAAAAAAAACCFIfr5PxauHwvmeDAfDuZkMKd/2w8AAAAAAAAAREWs5dmMWlWPimeKVvFJ4WwhVXiar+Vz+We5yVwp9zx7MdueXcpcznRkXqWvpnelV1Kzqe7Um+Rccl/yXeJmojfxPr4YvxTf
        GX9pzVid1rJ53ewyX8duxPbE3hrzRo+xqm798u7DjUdTabdy99ToiXymM1P/OT88NDhWny1/pPwd9txP7/evQQwPHh2f+3j+c9vCnb2JL1VVmzVfWFeW7zXWOj46+HigdnsoXNPbzJrFYM1aaeFYd33Jkw/M3Q8/
        jJ9uXbJln+6/7LO0I9jntXHrXHdbYbl10eaaZYHsjkB2WyC7jj57uT/67OVq9NnLfQLZKwLZPYHsrkD2skB2RyC7HVn2Cwf8K6aJ+pp6YnrKDM6qzSOioz8iTn/0R8SpRv/X4PQJZK8IZPcEsrsC2csC2R2B7LZA
        dh19drs/+ux2Nfrsdp9AdoFqzxao9myBas8WqPZsgWrPFqj2bIFqTwtUe1qg2tMC1Z4WqPa0QLWnBao9LVDtaYFqT9sC2aOr68zws7jVeD4w4teUPpX66K2PQ8EwVMcfryKYMQMRERERERERERERERERERERERER
        Ebex3HcLAPC/SbTc/39QjWU3uv9/LMvxAgAAAAD4mUqXf69sXM3PT0xPhS2zw/uBPYH+KZ5A/xRPoH+KJ9A/xRPon+IJ9E/xBPqneAL9UzyB/imeQP8UV6B/iivQP8UV6J8SYbe8ZHjeMlS7Wit+K64VOYcDAAAA
        AAAAbF0SzesHYd//5nf6WY3XBkb865c+6/3//HFEbdz/z5lcQURERERERERERERERETEbSD/W9+q/AB7JCOJAKAAAA==
        """;

    [Fact]
    public void A_database_that_LMDB_wrote_is_read_in_the_order_of_its_keys()
    {
        using var folder = new TempFolder();
        folder.Write("data.mdb", Database());
        foreach (var path in new[] { folder.Root, folder.Path("data.mdb") })
        {
            using var source = TestData.Open(path, new DataOptions().WithSize(4));
            Assert.Equal(62, source.ImagesPerEpoch);
            Assert.Empty(source.ClassNames);
            Assert.StartsWith("LMDB 62 images", source.Fingerprint, StringComparison.Ordinal);
            var pixels = new byte[48];
            for (var i = 0; i < 62; i++)
            {
                // 030big sorts behind 030.
                var number = i < 31 ? i : i - 1;
                byte[] expected = i switch { 31 => [1, 2, 3], 61 => [200, 100, 50], _ => [(byte)(10 * (number % 3)), 20, 30] };
                source.ReadStored(i, pixels);
                Assert.Equal(expected, new[] { pixels[0], pixels[16], pixels[32] });
            }
        }

        var report = TestData.Check(folder.Root);
        Assert.Equal(("LMDB", 62L), (report.Kind, report.Images));
        Assert.Equal([60L, 2L], new[] { report.Formats["PNG"], report.Formats["BMP"] });
        Assert.Equal([60L, 1L, 1L], report.Sizes.Select(s => s.Value));
    }

    [Fact]
    public void Nothing_is_written_beside_the_database()
    {
        using var folder = new TempFolder();
        folder.Write("data.mdb", Database());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder.Path("data.mdb"), UnixFileMode.UserRead);
            File.SetUnixFileMode(folder.Root, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        Assert.Equal(62, TestData.Check(folder.Root).Images);
        Assert.Equal(["data.mdb"], Directory.GetFiles(folder.Root).Select(Path.GetFileName));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void A_damaged_database_is_an_error_that_names_it()
    {
        using var folder = new TempFolder();
        var valid = Database();
        Refused(valid[..^4096], "");
        Refused(valid[..8192], "");
        Refused(valid[..100], "");

        // Format version 2, which LMDB 1.0 writes.
        var newer = (byte[])valid.Clone();
        newer[20] = newer[4096 + 20] = 2;
        Refused(newer, "version 1");

        // Both heads' root leads back to the branch's own page as a child.
        var circle = (byte[])valid.Clone();
        var root = (int)BinaryPrimitives.ReadInt64LittleEndian(valid.AsSpan(4096 + 128));
        var node = (root * 4096) + BinaryPrimitives.ReadUInt16LittleEndian(valid.AsSpan((root * 4096) + 16));
        BinaryPrimitives.WriteInt32LittleEndian(circle.AsSpan(node), root);
        Refused(circle, "leaf");

        // All records of a leaf are one of 60×60 pixels, which lies in pages of its own.
        var shared = (byte[])valid.Clone();
        for (var page = 2; page < valid.Length / 4096; page++)
        {
            var nodes = (U16(page * 4096, 12) - 16) / 2;
            if (U16(page * 4096, 10) == 2 && Enumerable.Range(0, nodes).Select(n => U16(page * 4096, 16 + (2 * n))).FirstOrDefault(n => U16(page * 4096, n + 4) == 1) is > 0 and var large)
            {
                for (var n = 0; n < nodes; n++)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(shared.AsSpan((page * 4096) + 16 + (2 * n)), large);
                }
            }
        }

        Refused(shared, "share");

        ushort U16(int start, int at) => BinaryPrimitives.ReadUInt16LittleEndian(valid.AsSpan(start + at));

        void Refused(byte[] bytes, string reason)
        {
            folder.Write("data.mdb", bytes);
            var e = Assert.Throws<DiffusionException>(() => TestData.Check(folder.Root));
            Assert.Equal(ErrorKind.Data, e.Kind);
            Assert.Contains("data.mdb", e.Message, StringComparison.Ordinal);
            Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Damage_never_raises_anything_else()
    {
        using var folder = new TempFolder();
        var valid = Database();
        var random = new Random(5);
        var (refused, read) = (0, 0);

        // Pages that lead to others: the heads, the branch, the leaves.
        int[] pages = [.. Enumerable.Range(0, valid.Length / 4096).Where(p => p < 2 || BinaryPrimitives.ReadUInt16LittleEndian(valid.AsSpan((p * 4096) + 10)) is 1 or 2)];
        for (var i = 0; i < 3_000; i++)
        {
            var bytes = (byte[])valid.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                var page = pages[random.Next(pages.Length)];
                var at = page < 2 ? random.Next(160) : random.Next(2) == 0 ? random.Next(100) : random.Next(4096);
                bytes[(page * 4096) + at] = (byte)random.Next(256);
            }

            var path = folder.Write("data.mdb", bytes);
            try
            {
                using var file = LmdbFile.Open(path);
                Assert.True(file.Records(1 << 20).Count() <= 62 + 200);
                read++;
            }
            catch (DiffusionException e) when (e.Kind == ErrorKind.Data && e.Message.Contains(path, StringComparison.Ordinal))
            {
                refused++;
            }
        }

        Assert.True(refused > 500 && read > 500, $"{refused} refused, {read} read");
    }

    internal static byte[] Database()
    {
        using var packed = new GZipStream(new MemoryStream(Convert.FromBase64String(Packed)), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }
}

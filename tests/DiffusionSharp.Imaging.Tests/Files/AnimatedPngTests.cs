using System.Buffers.Binary;
using DiffusionSharp.Imaging.Decoding;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Imaging.Tests.Files;

public class AnimatedPngTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 4)]
    public void Every_frame_comes_back_and_the_sequence_is_right(int channels, int count)
    {
        using var folder = new TempFolder();
        var shape = new ImageShape(channels, 90, 110);
        var frames = Enumerable.Range(0, count).Select(seed =>
        {
            var pixels = new byte[shape.Elements];
            new Random(seed).NextBytes(pixels);
            return pixels;
        }).ToArray();
        AnimatedPng.Save(folder.Path("walk.apng"), shape, frames, 40, 2000, new Dictionary<string, string>(StringComparer.Ordinal) { ["ddim"] = "recipe" });

        using var file = File.OpenRead(folder.Path("walk.apng"));
        var chunks = PngChunks.Read(file, (_, _) => true).ToArray();
        Assert.Equal(["IHDR", "acTL", "iTXt", "fcTL", "IDAT"], chunks.Take(5).Select(c => c.Type));
        Assert.Equal((uint)count, U32(chunks[1].Data, 0));
        Assert.Equal(0u, U32(chunks[1].Data, 4));

        // Sequence numbers count fcTL and fdAT together, from 0 (specification of fcTL).
        var numbers = chunks.Where(c => c.Type is "fcTL" or "fdAT").Select(c => U32(c.Data, 0)).ToArray();
        Assert.Equal(Enumerable.Range(0, numbers.Length).Select(n => (uint)n), numbers);
        Assert.Equal(frames, Decode(chunks, shape));
        var controls = chunks.Where(c => c.Type == "fcTL").Select(c => c.Data).ToArray();
        Assert.All(controls, c => Assert.Equal((110u, 90u, 0u, 0u), (U32(c, 4), U32(c, 8), U32(c, 12), U32(c, 16))));
        Assert.Equal([.. Enumerable.Repeat(40, count - 1), 2000], controls.Select(c => (int)BinaryPrimitives.ReadUInt16BigEndian(c.AsSpan(20))));
        Assert.All(controls, c => Assert.Equal([3, 232, 0, 0], c[22..]));

        var facts = PngFile.Read(folder.Path("walk.apng"));
        Assert.Equal((110, 90, count, "recipe"), (facts.Width, facts.Height, facts.Frames, facts.Text["ddim"]));
    }

    [Fact]
    public void No_frames_and_endless_delays_are_refused()
    {
        using var folder = new TempFolder();
        var shape = new ImageShape(1, 1, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => AnimatedPng.Save(folder.Path("x.png"), shape, [], 40, 40));
        Assert.Throws<OverflowException>(() => AnimatedPng.Save(folder.Path("x.png"), shape, [[1]], 40, 65536));
        Assert.Empty(Directory.GetFiles(folder.Path("")));
    }

    /// <summary>Rebuilds a PNG of each frame from its fdAT chunks and decodes it with Skia.</summary>
    private static List<byte[]> Decode((string Type, byte[] Data)[] chunks, ImageShape shape)
    {
        var frames = new List<byte[]>();
        MemoryStream? png = null;
        foreach (var (type, data) in chunks)
        {
            if (type is "fcTL" or "IEND")
            {
                Finish();
                png = new MemoryStream();
                png.Write(PngChunks.Signature);
                PngChunks.Write(png, "IHDR", chunks[0].Data);
            }
            else if (type is "IDAT" or "fdAT")
            {
                PngChunks.Write(png!, "IDAT", type == "IDAT" ? data : data.AsSpan(4));
            }
        }

        return frames;

        void Finish()
        {
            if (png is not null)
            {
                PngChunks.Write(png, "IEND", []);
                var pixels = new byte[shape.Elements];
                ImageFit.Fit(ImageDecoder.Decode(png.ToArray(), default, 100_000), shape, pixels);
                frames.Add(pixels);
            }
        }
    }

    private static uint U32(byte[] data, int at) => BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at));
}

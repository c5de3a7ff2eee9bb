using DiffusionSharp.Data;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>Smooth coloured blots, a pure function of the position; with a period they repeat.</summary>
internal sealed class TinyImages(ImageShape shape, long period = long.MaxValue, bool someUnlabelled = false) : IBatchSource
{
    public ImageShape Shape => shape;

    public long ImagesPerEpoch => Math.Min(period, 64);

    public IReadOnlyList<string> ClassNames { get; } = ["even", "odd"];

    public bool SomeUnlabelled => someUnlabelled;

    public string Fingerprint => $"tiny {shape} period {period}";

    public void Read(long position, Span<byte> pixels, Span<int> labels)
    {
        for (var n = 0; n < labels.Length; n++)
        {
            var image = (position + n) % period;
            labels[n] = someUnlabelled && image % 3 == 0 ? -1 : (int)(image % 2);
            for (var i = 0; i < shape.Elements; i++)
            {
                var (c, y, x) = (i / (shape.Height * shape.Width), i / shape.Width % shape.Height, i % shape.Width);
                var wave = Math.Sin((0.7 * image) + (c * 1.3) + (y * (1 + (image % 3)) * 0.4)) * Math.Cos((x * 0.5) + (image * 0.31));
                pixels[(n * shape.Elements) + i] = (byte)(127.5 + (127 * wave));
            }
        }
    }

    public int ReadStored(long index, Span<byte> pixels)
    {
        var label = new int[1];
        Read(index, pixels, label);
        return label[0];
    }
}

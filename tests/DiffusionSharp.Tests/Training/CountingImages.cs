using DiffusionSharp.Data;

namespace DiffusionSharp.Tests.Training;

/// <summary>Image p has the value p mod 256 everywhere, and the class p mod 7.</summary>
internal sealed class CountingImages(ImageShape shape) : IBatchSource
{
    public ImageShape Shape => shape;

    public long ImagesPerEpoch => 256;

    public IReadOnlyList<string> ClassNames => [];

    public string Fingerprint => "counting";

    public void Read(long position, Span<byte> pixels, Span<int> labels)
    {
        for (var n = 0; n < labels.Length; n++)
        {
            labels[n] = (int)((position + n) % 7);
            pixels.Slice(n * shape.Elements, shape.Elements).Fill((byte)((position + n) % 256));
        }
    }

    public int ReadStored(long index, Span<byte> pixels)
    {
        pixels.Fill((byte)index);
        return (int)(index % 7);
    }
}

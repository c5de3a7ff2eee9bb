using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>What a step reads: where it lies, and as [N, C, H, W].</summary>
internal sealed record Value(View View, float[] Data)
{
    public int Count => Data.Length / Size;

    public Segment Segment => View.Segments[0];

    private int Size => View.Channels * View.Pixels;

    /// <summary>One image in float64, [C, H, W].</summary>
    public double[] Image(int image) => Array.ConvertAll(Data[(image * Size)..((image + 1) * Size)], v => (double)v);

    /// <summary>One image as it is seen through a view of it: repeated and padded.</summary>
    public double[] Seen(int image, View view)
    {
        var (shape, stored) = (Shape(view), Image(image));
        var seen = new double[shape.Elements];
        for (var i = 0; i < seen.Length; i++)
        {
            var (c, y, x) = (i / (shape.Height * shape.Width), i / shape.Width % shape.Height, i % shape.Width);
            (y, x) = view.Upsampled ? (y / 2, x / 2) : (y, x);
            seen[i] = y < view.Height && x < view.Width ? stored[(c * view.Pixels) + (y * view.Width) + x] : 0;
        }

        return seen;
    }

    /// <summary>Size of what is seen through a view.</summary>
    public static ImageShape Shape(View view)
    {
        var (scale, border) = (view.Upsampled ? 2 : 1, view.Padded ? 1 : 0);
        return new ImageShape(view.Channels, (view.Height * scale) + border, (view.Width * scale) + border);
    }

    /// <summary>As a vector for each image.</summary>
    public VectorSource Vector(bool throughCondition = false) => new(Segment.Buffer, Segment.Stride, throughCondition);
}

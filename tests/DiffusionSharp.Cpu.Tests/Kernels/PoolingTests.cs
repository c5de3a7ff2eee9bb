using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kernels.Gradients;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

/// <summary>Windows of pixels, and the way back.</summary>
public class PoolingTests
{
    [Fact]
    public void The_largest_of_each_window() => Rounds((stage, c) =>
    {
        var (x, output) = (stage.Draw(c.Channels, c.Height, c.Width), stage.New([c.Channels.Sum()], c.OutputHeight, c.OutputWidth));
        var actual = stage.Run(new Forward<MaxPooling>(x.View, output, c.Windows), output);
        Assert.Equal(Enumerable.Range(0, x.Count).SelectMany(n => c.Reference.Max(x.Image(n))), actual.Select(v => (double)v));
    });

    [Fact]
    public void The_mean_of_each_window() => Rounds((stage, c) =>
    {
        var (x, output) = (stage.Draw(c.Channels, c.Height, c.Width), stage.New([c.Channels.Sum()], c.OutputHeight, c.OutputWidth));
        var actual = stage.Run(new Forward<MeanPooling>(x.View, output, c.Windows), output);
        Assert.InRange(Error.Largest([.. Enumerable.Range(0, x.Count).SelectMany(n => c.Reference.Mean(x.Image(n)))], actual), 0, 5e-7);
    });

    // Of equal values the first gets it: whole numbers are equal often.
    [Fact]
    public void The_gradient_of_the_largest() => Rounds((stage, c) =>
    {
        var x = stage.Draw([c.Channels.Sum()], c.Height, c.Width);
        for (var i = 0; i < x.Data.Length; i++)
        {
            x.Data[i] = MathF.Round(x.Data[i]);
        }

        Check(stage, c, (dy, dx, added) => new Backward(x.View, dy, dx, c.Windows, added), (n, dy) => c.Reference.MaxGradient(x.Image(n), dy));
    });

    [Fact]
    public void The_gradient_of_the_mean() => Rounds((stage, c) =>
        Check(stage, c, (dy, dx, added) => new Backward(null, dy, dx, c.Windows, added), (_, dy) => c.Reference.MeanGradient(dy)));

    [Fact]
    public void Of_two_zeros_the_largest_is_positive()
    {
        var stage = new Stage(new Random(1));
        var (x, output) = (stage.Draw([5], 1, 2), stage.New([5], 1, 1));
        Array.Fill(x.Data, -0f);
        Assert.All(stage.Run(new Forward<MaxPooling>(x.View, output, new(2, 1, 1)), output), v => Assert.Equal(0, BitConverter.SingleToInt32Bits(v)));
    }

    private static void Check(Stage stage, Case c, Func<View, View, int?, Backward> kernel, Func<int, double[], double[]> expected)
    {
        int[] channels = [c.Channels.Sum()];
        var dy = stage.Draw(channels, c.OutputHeight, c.OutputWidth);
        var dx = stage.New(channels, c.Height, c.Width);
        var other = stage.Random.Next(2) == 0 ? null : stage.Draw(channels, c.Height, c.Width);
        var actual = stage.Run(kernel(dy.View, dx, other?.Segment.Buffer), [dx])[0];
        for (var n = 0; n < dy.Count; n++)
        {
            var gradient = expected(n, dy.Image(n));
            Close.To(other is null ? gradient : [.. gradient.Zip(other.Image(n), (a, b) => a + b)], actual, n, 5e-7, "dx");
        }
    }

    // Segments of whole vectors, but for the last.
    private static void Rounds(Action<Stage, Case> check)
    {
        var random = new Random(5);
        for (var round = 0; round < 20; round++)
        {
            var kernel = random.Next(1, 4);
            int[] channels = [.. Enumerable.Range(0, random.Next(3)).Select(_ => 16 * random.Next(1, 3)), random.Next(1, 40)];
            var windows = new PoolingShape(kernel, random.Next(1, 3), random.Next((kernel / 2) + 1));
            check(new Stage(random, images: random.Next(1, 4)), new Case(channels, random.Next(kernel, 9), random.Next(kernel, 9), windows));
        }
    }

    private sealed record Case(int[] Channels, int Height, int Width, PoolingShape Windows)
    {
        public int OutputHeight => Outputs(Height);

        public int OutputWidth => Outputs(Width);

        public ReferencePool Reference =>
            new(new(Channels.Sum(), Height, Width), new(Channels.Sum(), OutputHeight, OutputWidth), Windows.Kernel, Windows.Stride, Windows.Padding);

        private int Outputs(int side) => ((side + (2 * Windows.Padding) - Windows.Kernel) / Windows.Stride) + 1;
    }

    private sealed record Forward<TPooling>(View Input, View Output, PoolingShape Windows) : IKernel
        where TPooling : struct, IPooling
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => new Pooling<T, TPooling>(Input, Output, default, Windows);
    }

    // Of the largest where there is what was pooled, else of the mean.
    private sealed record Backward(View? Input, View Dy, View Dx, PoolingShape Windows, int? Added) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => Input is null ? new MeanPoolGradient<T>(Dy, Dx, Windows, Added) : new MaxPoolGradient(Input, Dy, Dx, Windows, Added);
    }
}

using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public class CopyTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Joins_repeats_and_borders(bool upsampled, bool padded) => Rounds((stage, x) =>
    {
        var view = x.View with { Upsampled = upsampled, Padded = padded };
        var seen = Value.Shape(view);
        var output = stage.New([seen.Channels], seen.Height, seen.Width, view.PerCondition);
        double[] expected = [.. Enumerable.Range(0, x.Count).SelectMany(n => x.Seen(n, view))];
        Assert.Equal(expected, stage.Run(new Kernel(view, output, Pool: false), output).Select(v => (double)v));
    });

    [Fact]
    public void Gives_each_image_its_conditions_value() => Rounds((stage, x) =>
    {
        var output = stage.New([x.View.Channels], x.View.Height, x.View.Width);
        double[] expected = [.. Enumerable.Range(0, stage.Count(perCondition: false)).SelectMany(n => x.Image(x.View.PerCondition ? stage.ConditionOf(n) : n))];
        Assert.Equal(expected, stage.Run(new Kernel(x.View, output, Pool: false), output).Select(v => (double)v));
    });

    // An odd row or column at the end is left out, as by every framework.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Takes_the_mean_of_four(bool upsampled) => Rounds((stage, x) =>
    {
        var view = x.View with { Upsampled = upsampled };
        var seen = Value.Shape(view);
        var (height, width) = (seen.Height / 2, seen.Width / 2);
        if (height * width == 0)
        {
            return;
        }

        var output = stage.New([seen.Channels], height, width, view.PerCondition);
        var actual = stage.Run(new Kernel(view, output, Pool: true), output);
        var expected = Enumerable.Range(0, x.Count).SelectMany(n =>
        {
            var image = x.Seen(n, view);
            return from c in Enumerable.Range(0, seen.Channels)
                   from row in Enumerable.Range(0, height)
                   from column in Enumerable.Range(0, width)
                   let i = (((c * seen.Height) + (2 * row)) * seen.Width) + (2 * column)
                   select (image[i] + image[i + 1] + image[i + seen.Width] + image[i + seen.Width + 1]) / 4;
        });
        Assert.InRange(Error.Largest([.. expected], actual), 0, 5e-7);
    });

    private static void Rounds(Action<Stage, Value> check)
    {
        var random = new Random(3);
        for (var round = 0; round < 12; round++)
        {
            var images = random.Next(1, 4);
            var stage = new Stage(random, images, random.Next(1, images + 1));
            int[] channels = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(1, 40))];
            check(stage, stage.Draw(channels, random.Next(1, 8), random.Next(1, 8), perCondition: random.Next(2) == 0));
        }
    }

    private sealed record Kernel(View Input, View Output, bool Pool) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => new Copy(Input, Output, Pool);
    }
}

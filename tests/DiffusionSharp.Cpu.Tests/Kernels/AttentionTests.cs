using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Attention;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public class AttentionTests
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 17, 1, 1)]
    [InlineData(3, 1, 3, 5)]
    [InlineData(2, 5, 4, 4)]
    [InlineData(1, 33, 5, 5)]
    [InlineData(4, 8, 7, 7)]
    [InlineData(3, 31, 6, 8)]
    [InlineData(1, 48, 9, 11)]
    public void Any_heads_width_and_pixels(int heads, int headWidth, int height, int width) => Check(new Stage(new Random(height), images: 2), heads, headWidth, height, width, deviation: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_shapes(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 12; round++)
        {
            Check(new Stage(random, random.Next(1, 4)), random.Next(1, 5), random.Next(1, 50), random.Next(1, 9), random.Next(1, 9), deviation: 1);
        }
    }

    // Exponentials of hundreds: only differences to the largest score count.
    [Fact]
    public void Scores_may_be_large() => Check(new Stage(new Random(1)), heads: 2, headWidth: 12, height: 5, width: 7, deviation: 12);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Linear_attention_of_random_shapes(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 12; round++)
        {
            Check(new Stage(random, random.Next(1, 4)), random.Next(1, 5), random.Next(1, 50), random.Next(1, 20), random.Next(1, 20), deviation: 1, linear: true);
        }
    }

    [Fact]
    public void Keys_of_linear_attention_may_be_large() => Check(new Stage(new Random(1)), heads: 2, headWidth: 12, height: 5, width: 7, deviation: 40, linear: true);

    private static void Check(Stage stage, int heads, int headWidth, int height, int width, double deviation, bool linear = false)
    {
        foreach (var learned in (int[])[0, stage.Random.Next(1, 40)])
        {
            Check(stage, heads, headWidth, height, width, deviation, linear, learned, added: false);
        }

        if (!linear)
        {
            Check(stage, heads, headWidth, height, width, deviation, linear, learned: 0, added: true);
        }
    }

    private static void Check(Stage stage, int heads, int headWidth, int height, int width, double deviation, bool linear, int learned, bool added)
    {
        Value Draw(double d) => stage.Draw([heads * headWidth], height, width, deviation: d);
        var (q, k, v) = (Draw(deviation), Draw(deviation), Draw(1));
        var residual = added ? Draw(1) : null;
        var memory = stage.Normals(2 * heads * headWidth * learned, deviation: deviation);
        var output = stage.New([heads * headWidth], height, width);
        var actual = stage.Run(new Kernel([q.View, k.View, v.View], output, heads, memory, linear, residual?.Segment.Buffer), output);
        var size = heads * headWidth * height * width;
        for (var image = 0; image < q.Count; image++)
        {
            var expected = Reference(q.Image(image), k.Image(image), v.Image(image), heads * headWidth, height * width, heads, Array.ConvertAll(memory, m => (double)m));
            expected = residual is null ? expected : [.. expected.Zip(residual.Image(image), (a, b) => a + b)];

            // A score's error is a part of the score, and the exponential's the score's error.
            Assert.InRange(Error.Largest(expected, actual[(image * size)..((image + 1) * size)]), 0, 3e-6 * deviation * deviation);
        }

        double[] Reference(double[] q, double[] k, double[] v, int channels, int pixels, int heads, double[] memory) => linear
            ? ReferenceLinearAttention.Apply(q, k, v, channels, pixels, heads, memory)
            : ReferenceNetwork.Attention(q, k, v, channels, pixels, heads, memory);
    }

    private sealed record Kernel(View[] Qkv, View Output, int Heads, float[] Memory, bool Linear, int? Residual) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T>
        {
            var width = Output.Channels / Heads;
            var layout = new MemoryLayout(Heads, Memory.Length / 2 / Output.Channels, width, Linear);
            var place = ParameterPlace.Alone(layout, Memory);
            var memory = Memory.Length == 0 ? null : new AttentionMemory(layout, place);
            IStep step = Linear ? new LinearAttention<T>(Qkv, Output.Segments[0], Heads, memory) : new SoftmaxAttention<T>(Qkv, Output.Segments[0], Heads, memory, Residual);
            return new Owning(step, [place]);
        }
    }
}

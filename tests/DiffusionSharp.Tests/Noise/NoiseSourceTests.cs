using DiffusionSharp.Noise;

namespace DiffusionSharp.Tests.Noise;

public class NoiseSourceTests
{
    private static readonly ImageShape Shape = new(3, 2, 5);

    [Fact]
    public void Seeds_give_the_stream_of_the_step()
    {
        var source = NoiseSource.FromSeeds([5, 9]);
        var expected = new double[Shape.Elements];
        var actual = new double[Shape.Elements];
        foreach (var step in (int[])[NoiseSource.InitialStep, 0, 7])
        {
            CounterNoise.Gaussian(9, step, expected);
            source.Fill(1, step, actual);
            Assert.Equal(expected, actual);
            Assert.True(source.Covers(step));
        }
    }

    [Fact]
    public void Recording_is_replayed_by_step_and_image()
    {
        var noises = Enumerable.Range(0, 2 * 3 * Shape.Elements).Select(i => i + 0.25f).ToArray();
        var source = NoiseSource.Recorded(noises, 2, 3, Shape);
        var z = new double[Shape.Elements];
        source.Fill(2, 1, z);
        Assert.Equal(Enumerable.Range(5 * Shape.Elements, Shape.Elements).Select(i => i + 0.25), z);
        Assert.False(source.Covers(NoiseSource.InitialStep));
        Assert.False(source.Covers(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Fill(0, 2, z));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Fill(3, 0, z));
    }

    [Fact]
    public void A_recording_of_the_wrong_size_is_refused()
    {
        var error = Assert.Throws<DiffusionException>(() => NoiseSource.Recorded(new float[7], 1, 2, Shape));
        Assert.Equal(ErrorKind.Data, error.Kind);
        Assert.Contains("found 7 values, expected [steps, N, C, H, W] = [1, 2, 3×2×5]: 60", error.Message);
    }
}

using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Tests;

/// <summary>.NET's tensors see the very values, in C order.</summary>
public class HostTensorTests
{
    [Fact]
    public void A_tensor_is_a_view()
    {
        var host = new HostTensor([2, 3, 4], new float[24]);
        var view = host.AsTensor();
        view[1, 2, 3] = 5;
        host.Data[4] = 7;

        Assert.Equal(5, host.Data[^1]);
        Assert.Equal(7, view[0, 1, 0]);
        Assert.Equal([2, 3, 4], view.Lengths.ToArray());
        Assert.Equal(1, new HostTensor([], [3]).AsTensor().Lengths[0]);
    }

    [Fact]
    public void Images_are_a_view_too()
    {
        var images = new SampledImages(new ImageShape(3, 2, 4), 2, [.. Enumerable.Range(0, 48).Select(i => (double)i)]);
        var view = images.AsTensor();
        view[1, 0, 0, 0] = -1;

        Assert.Equal(47, view[1, 2, 1, 3]);
        Assert.Equal(-1, images.Image(1)[0]);
    }
}

using CsCheck;
using DiffusionSharp.Torch.Ops;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Tests.Ops;

public sealed class HostCopyTests
{
    [TorchFact]
    public void Round_trips_every_bit()
    {
        Gen.Float.Array[0, 40].Sample(values => Assert.Equal(Bits(values), Bits(RoundTrip(values, default))), iter: 200);
        Gen.Byte.Array[0, 40].Sample(values => Assert.Equal(values, RoundTrip(values, default)), iter: 200);
        Gen.Long.Array[0, 40].Sample(values => Assert.Equal(values, RoundTrip(values, default)), iter: 200);
    }

    [TorchFact]
    public void Reads_and_writes_permuted_tensors_in_C_order()
    {
        using var scope = NewDisposeScope();
        var values = Enumerable.Range(0, 24).Select(i => (float)i).ToArray();
        var permuted = HostCopy.ToTensor<float>(values, [2, 3, 4]).permute(2, 0, 1);
        var read = new float[24];
        HostCopy.Read(permuted, read.AsSpan());
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (float)((i / 6) + (4 * (i % 6)))), read);

        HostCopy.Write<float>(values, permuted);
        HostCopy.Read(permuted, read.AsSpan());
        Assert.Equal(values, read);
    }

    [TorchFact]
    public void Parameters_can_be_written_and_read()
    {
        using var parameter = new Parameter(zeros(3));
        HostCopy.Write<float>([1, 2, 3], parameter);
        Assert.Equal([1, 2, 3], HostCopy.ToHostTensor(parameter).Data);
        using var view = parameter.reshape(3, 1).expand(3, 2);
        Assert.Equal([1, 1, 2, 2, 3, 3], HostCopy.ToHostTensor(view).Data);
        Assert.True(parameter.requires_grad);
    }

    [TorchFact]
    public void Other_floating_types_read_as_float()
    {
        using var half = tensor(new[] { 0.5f, -1.25f }).to(ScalarType.BFloat16);
        var host = HostCopy.ToHostTensor(half);
        Assert.Equal([2], host.Shape);
        Assert.Equal([0.5f, -1.25f], host.Data);
    }

    [TorchFact]
    public void What_does_not_fit_is_refused()
    {
        using var t = zeros(2, 3);
        Assert.Throws<ArgumentException>(() => HostCopy.Write<float>(new float[5], t));
        Assert.Throws<ArgumentException>(() => HostCopy.Write<long>(new long[6], t));
        Assert.Throws<ArgumentException>(() => HostCopy.Read(t, new float[7].AsSpan()));
        Assert.Throws<ArgumentException>(() => HostCopy.Read(t, new byte[6].AsSpan()));
        Assert.Throws<ArgumentException>(() => HostCopy.ToTensor<float>([1, 2], [3]));
        Assert.Throws<ArgumentException>(() => HostCopy.ToTensor<short>([1, 2], [2]));
    }

    private static T[] RoundTrip<T>(T[] values, T unused)
        where T : unmanaged
    {
        using var tensor = HostCopy.ToTensor<T>(values, [values.Length]);
        var back = new T[values.Length];
        HostCopy.Read(tensor, back.AsSpan());
        return back;
    }

    private static IEnumerable<int> Bits(float[] values) => values.Select(BitConverter.SingleToInt32Bits);
}

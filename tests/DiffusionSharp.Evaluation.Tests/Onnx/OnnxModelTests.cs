using CsCheck;
using DiffusionSharp.Evaluation.Onnx;

namespace DiffusionSharp.Evaluation.Tests.Onnx;

public class OnnxModelTests
{
    // A model of one graph: Conv of x and w, and w = [2, 1, 1, 1] as packed floats, written by hand from onnx.proto and protobuf's encoding.
    private static readonly byte[] File = Message(
        Field(1, 8),
        Field(7, Message(
            Field(1, Message(Field(1, "x"u8), Field(1, "w"u8), Field(2, "y"u8), Field(4, "Conv"u8), Field(5, Message(Field(1, "epsilon"u8), [(2 << 3) | 5, .. BitConverter.GetBytes(0.5f)])))),
            Field(5, Message(Field(1, 2), Field(1, 1), Field(1, [1, 1]), Field(2, 1), Field(4, [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)]), Field(8, "w"u8))),
            Field(5, Message(Field(1, 1), Field(2, 7), Field(9, new byte[8]), Field(8, "whole"u8))))));

    [Fact]
    public void Nodes_and_arrays_are_read()
    {
        var model = OnnxModel.Read(File, "a.onnx");
        var node = Assert.Single(model.Nodes);
        Assert.Equal("Conv", node.Operation);
        Assert.Equal(["x", "w"], node.Inputs);
        Assert.Equal(["y"], node.Outputs);
        Assert.Equal(0.5f, node.Floats["epsilon"]);
        Assert.Equal([2, 1, 1, 1], model.Initializer("w").Shape);
        Assert.Equal([1.5f, -2f], model.Initializer("w").Data);
        Assert.Equal(64, model.Sha256.Length);
        Assert.Equal(ErrorKind.ModelFile, Assert.Throws<DiffusionException>(() => model.Initializer("whole")).Kind);
    }

    [Fact]
    public void A_file_cut_off_is_refused()
    {
        for (var length = 0; length < File.Length; length++)
        {
            var e = Assert.Throws<DiffusionException>(() => OnnxModel.Read(File.AsSpan(0, length), "a.onnx"));
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
            Assert.Contains("'a.onnx'", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Any_bytes_are_read_or_refused() => Gen.Select(Gen.Int[0, File.Length - 1], Gen.Byte, Gen.Byte.Array[0, 40]).Sample((at, value, inserted) =>
    {
        byte[] changed = [.. File.AsSpan(0, at), value, .. inserted, .. File.AsSpan(at + 1)];
        ReadOrRefuse(changed);
        ReadOrRefuse(inserted);
    });

    // An array that says it is larger than all memory, in a file of some bytes.
    [Fact]
    public void No_more_is_allocated_than_the_file_is_long()
    {
        var file = Message(Field(7, Message(Field(5, Message(Field(1, int.MaxValue), Field(1, int.MaxValue), Field(2, 1), Field(4, new byte[4]), Field(8, "w"u8))))));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.Throws<DiffusionException>(() => OnnxModel.Read(file, "a.onnx"));
        Assert.Contains("array 0 has 4 bytes", e.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static void ReadOrRefuse(byte[] file)
    {
        try
        {
            OnnxModel.Read(file, "a.onnx");
        }
        catch (DiffusionException e)
        {
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
        }
    }

    private static byte[] Message(params byte[][] fields) => [.. fields.SelectMany(f => f)];

    private static byte[] Field(int number, ReadOnlySpan<byte> value) => [.. Varint((ulong)((number << 3) | 2)), .. Varint((ulong)value.Length), .. value];

    private static byte[] Field(int number, long value) => [.. Varint((ulong)number << 3), .. Varint((ulong)value)];

    private static byte[] Varint(ulong value) => value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}

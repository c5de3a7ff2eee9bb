using DiffusionSharp.Torch.Native;

namespace DiffusionSharp.Torch.Tests.Native;

public sealed class CacheSizesTests
{
    private const uint L1Data = 0b0001_00001;

    [Theory]
    [InlineData(0x16, L1Data, 0x80000008, 0, true)]     // Intel
    [InlineData(0x10, 0, 0x80000021, L1Data, true)]     // AMD
    [InlineData(0x10, 0, 0x80000021, 0, false)]         // a virtual machine that hides them
    [InlineData(2, L1Data, 0x80000008, L1Data, false)]  // leaves that are not there
    public void Are_told_by_either_leaf(uint basicLeaves, uint intel, uint extendedLeaves, uint amd, bool told) => Assert.Equal(
        told,
        CacheSizes.AreToldBy(leaf => leaf switch
        {
            0 => basicLeaves,
            4 => intel,
            0x80000000 => extendedLeaves,
            0x8000001D => amd,
            _ => throw new ArgumentOutOfRangeException(nameof(leaf)),
        }));

    [Theory]
    [InlineData(true, null, null, null)]
    [InlineData(false, null, null, "SSE41")]
    [InlineData(false, "", null, "SSE41")]
    [InlineData(false, "AVX2", null, null)]
    [InlineData(false, null, "ALL", null)]
    public void Where_they_are_hidden_oneDNN_is_limited_unless_the_user_has_said_how(bool told, string? old, string? renamed, string? set)
    {
        var changes = new Dictionary<string, string>();
        var note = OneDnn.Prepare(told, name => name == OneDnn.Variable ? old : renamed, changes.Add);
        Assert.Equal(set is null ? [] : [KeyValuePair.Create(OneDnn.Variable, set)], changes);
        Assert.Equal(set is null, note is null);
    }
}
